// Wireless interfaces written down: what --collector.wifi.fixtures reads instead of asking the kernel.
//   interfaces.json           [{"name": "wlan0", "type": 2, "frequency": 2412}]              megahertz
//   wlan0/bss.json            {"ssid": "Example", "bssid": "ABEiM0RV", "status": 1}          address in base64
//   wlan0/stationinfo.json    [{"hardwareaddr": "qrvM3e7/", "connected": 30000000000, ...}]  nanoseconds, bits per
//   second
// What an object does not say is 0, as in the files that the original reads.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "platform/dir.h"
#include "platform/json_records.h"
#include "platform/nl80211.h"

namespace exporter::host::wifi {

class Recorded final : public platform::nl80211::Source {
 public:
  explicit Recorded(const std::string& folder) : folder_(folder) {}
  int interfaces(std::vector<platform::nl80211::Interface>& answer) override;
  int network(const platform::nl80211::Interface& interface, platform::nl80211::Network& answer) override;
  int stations(const platform::nl80211::Interface& interface, std::vector<platform::nl80211::Station>& answer) override;

 private:
  // EBADMSG when the file is no list of objects.
  int read(const std::string& file, std::vector<platform::JsonRecord>& records);

  platform::Dir folder_;
  platform::ReadBuffer buffer_;
};

}  // namespace exporter::host::wifi

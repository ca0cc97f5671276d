// Wireless interfaces, their networks and stations, by generic netlink (nl80211, linux/nl80211.h), as iw(8) shows them:
//   Interface wlan0 ... channel 36 (5180 MHz)
//   BSS 00:11:22:33:44:55(on wlan0) -- associated ... SSID: Example
//   Station 00:11:22:33:44:55 (on wlan0) ... inactive time: 400 ms ... tx bitrate: 866.7 MBit/s ... signal: -52 dBm
// What a driver does not say gives no sample.
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "collectors/host/wifi_recorded.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/nl80211.h"

namespace exporter::host::wifi {
namespace {

using platform::nl80211::Interface;
using platform::nl80211::MacAddress;
using platform::nl80211::Network;
using platform::nl80211::Part;
using platform::nl80211::Station;

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_wifi_interface_frequency_hertz", "The frequency the interface is tuned to.", {"device"}},
    {MetricType::gauge,
     "node_wifi_station_info",
     "The network the interface is part of; always 1.",
     {"bssid", "device", "mode", "ssid"}},
    {MetricType::counter,
     "node_wifi_station_connected_seconds_total",
     "Time since the station was connected.",
     {"device", "mac_address"}},
    {MetricType::gauge,
     "node_wifi_station_inactive_seconds",
     "Time since anything was heard of the station.",
     {"device", "mac_address"}},
    {MetricType::gauge,
     "node_wifi_station_receive_bits_per_second",
     "The rate of the last frame received from the station.",
     {"device", "mac_address"}},
    {MetricType::gauge,
     "node_wifi_station_transmit_bits_per_second",
     "The rate at which frames are now sent to the station.",
     {"device", "mac_address"}},
    {MetricType::counter,
     "node_wifi_station_receive_bytes_total",
     "Bytes received from the station.",
     {"device", "mac_address"}},
    {MetricType::counter,
     "node_wifi_station_transmit_bytes_total",
     "Bytes sent to the station.",
     {"device", "mac_address"}},
    {MetricType::counter,
     "node_wifi_station_received_packets_total",
     "Packets received from the station.",
     {"device", "mac_address"}},
    {MetricType::counter,
     "node_wifi_station_transmitted_packets_total",
     "Packets sent to the station.",
     {"device", "mac_address"}},
    {MetricType::counter,
     "node_wifi_station_transmit_retries_total",
     "Packets sent to the station once more.",
     {"device", "mac_address"}},
    {MetricType::counter,
     "node_wifi_station_transmit_failed_total",
     "Packets that the station never acknowledged.",
     {"device", "mac_address"}},
    {MetricType::counter,
     "node_wifi_station_beacon_loss_total",
     "How often the station's beacons stayed away.",
     {"device", "mac_address"}},
    {MetricType::gauge,
     "node_wifi_station_signal_dbm",
     "The strength of what was last received from the station.",
     {"device", "mac_address"}},
};
enum Index : std::size_t {
  kFrequency,
  kInfo,
  kConnected,
  kInactive,
  kReceiveRate,
  kTransmitRate,
  kReceivedBytes,
  kTransmittedBytes,
  kReceivedPackets,
  kTransmittedPackets,
  kRetries,
  kFailed,
  kBeaconLoss,
  kSignal,
};

constexpr OptionDesc kOptions[] = {
    {"collector.wifi.fixtures", OptionType::text, "", "Folder of JSON files to read instead of asking the kernel."},
};

// "00:11:22:33:44:55"
class MacText {
 public:
  explicit MacText(const MacAddress& address) noexcept {
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr unsigned kHalf = 4;
    auto* out = text_.data();
    for (const unsigned octet : address) {
      *out++ = kDigits[octet >> kHalf];
      *out++ = kDigits[octet & 0xFU];
      *out++ = ':';  // the last one is behind the text
    }
  }
  std::string_view text() const noexcept { return {text_.data(), text_.size() - 1}; }

 private:
  std::array<char, std::tuple_size_v<MacAddress> * 3> text_;
};

std::string_view mode_of(Part part) noexcept {
  return part == Part::client ? "client" : part == Part::ad_hoc ? "ad-hoc" : "unknown";
}

class Wifi final : public Collector {
 public:
  explicit Wifi(const Environment& environment) : wireless_(environment.host.sys, "class/ieee80211") {
    const std::string& folder = environment.options.text("collector.wifi.fixtures");
    recorded_ = !folder.empty();
    if (recorded_) {
      source_ = std::make_unique<Recorded>(folder);
    } else {
      source_ = std::make_unique<platform::nl80211::Kernel>();
    }
  }

  // The kernel's wireless part is not there: asking for it would make the kernel look for a module.
  bool nothing_to_read() override { return !recorded_ && !wireless_.there(); }

  Outcome collect(const Scrape& /*scrape*/, Sink& sink) override {
    if (const int error = source_->interfaces(interfaces_)) {
      return without_interfaces(error, sink);
    }
    for (const Interface& interface : interfaces_) {
      if (interface.name.empty()) {
        continue;
      }
      if (interface.megahertz) {
        constexpr std::uint64_t kMega = 1000000;
        sink.add(kMetrics[kFrequency], *interface.megahertz * kMega, {interface.name});
      }
      if (answered(interface, source_->network(interface, network_), sink)) {
        sink.add(kMetrics[kInfo], 1,
                 {MacText(network_.address).text(), interface.name, mode_of(network_.part), network_.name});
      }
      // What could be read of a broken list stands.
      answered(interface, source_->stations(interface, stations_), sink);
      for (const Station& station : stations_) {
        write(interface, station, sink);
      }
      stations_.clear();
    }
    return Outcome::ok;
  }

 private:
  static Outcome without_interfaces(int error, Sink& sink) {
    if (error == ENOENT) {
      return Outcome::no_data;
    }
    const bool denied = error == EPERM || error == EACCES;
    sink.problem(denied             ? Problem::denied
                 : error == EBADMSG ? Problem::parse
                                    : Problem::io,
                 "wireless interfaces", error);
    return denied ? Outcome::no_data : Outcome::failed;
  }

  // False, and counted where it is news: an interface that is in no network, of a kind that has no stations, or gone
  // meanwhile is none.
  static bool answered(const Interface& interface, int error, Sink& sink) {
    if (error != 0 && error != ENOENT && error != EOPNOTSUPP && error != ENODEV) {
      sink.problem(error == EPERM || error == EACCES ? Problem::denied
                   : error == EBADMSG                ? Problem::parse
                                                     : Problem::io,
                   interface.name, error);
    }
    return error == 0;
  }

  static void write(const Interface& interface, const Station& station, Sink& sink) {
    const MacText address(station.address);
    const auto add = [&](Index metric, const auto& value) {
      if (value) {
        sink.add(kMetrics[metric], *value, {interface.name, address.text()});
      }
    };
    add(kConnected, station.connected_seconds);
    add(kInactive, station.inactive_seconds);
    add(kReceiveRate, station.receive_bits_per_second);
    add(kTransmitRate, station.transmit_bits_per_second);
    add(kReceivedBytes, station.received_bytes);
    add(kTransmittedBytes, station.transmitted_bytes);
    add(kReceivedPackets, station.received_packets);
    add(kTransmittedPackets, station.transmitted_packets);
    add(kRetries, station.retries);
    add(kFailed, station.failed);
    add(kBeaconLoss, station.beacon_loss);
    add(kSignal, station.signal_dbm);
  }

  platform::KeptPresence wireless_;
  bool recorded_ = false;
  std::unique_ptr<platform::nl80211::Source> source_;
  std::vector<Interface> interfaces_;  // these three are reused
  std::vector<Station> stations_;
  Network network_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Wifi>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "wifi",
    .summary = "wireless interfaces, their networks and stations, by netlink",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,  // drivers ask their firmware
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::wifi

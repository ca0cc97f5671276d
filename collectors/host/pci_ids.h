// pci.ids, the public list of PCI names (pci.ids(5)), as Debian has it in /usr/share/misc:
//   8086  Intel Corporation
//   	1521  I350 Gigabit Network Connection
//   		8086 00a3  Ethernet Network Adapter I350-T4
//   C 02  Network controller
//   	00  Ethernet controller
//   		00  (a programming interface)
// Numbers are given and compared as text, in lower case without 0x. What has no name gives an empty text.
#pragma once
#include <string_view>
#include <vector>

namespace exporter::host {

class PciIds {
 public:
  // Looks at every line once. `text` must outlive this and the names it gives.
  explicit PciIds(std::string_view text);

  std::string_view vendor(std::string_view vendor) const;
  std::string_view device(std::string_view vendor, std::string_view device) const;
  // `subsystem` is vendor and device of the subsystem with a blank between them: "8086 00a3".
  std::string_view subsystem(std::string_view vendor, std::string_view device, std::string_view subsystem) const;
  // `code` is class, subclass and programming interface: "020000". The name of the most exact of them that has one.
  std::string_view class_name(std::string_view code) const;

 private:
  struct Entry {
    std::string_view id;
    std::string_view name;
    std::string_view below;  // the lines that belong to it
  };
  Entry find(std::string_view id) const;

  std::vector<Entry> entries_;  // vendors and classes ("C 02"), sorted by id
};

}  // namespace exporter::host

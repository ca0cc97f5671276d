#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "platform/nl80211.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;
namespace netlink = platform::netlink;
namespace nl80211 = platform::nl80211;

template <class T>
std::string octets(T number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

std::string attribute(unsigned type, const std::string& payload) {
  const nlattr head{static_cast<std::uint16_t>(NLA_HDRLEN + payload.size()), static_cast<std::uint16_t>(type)};
  std::string result = octets(head) + payload;
  result.resize(NLA_ALIGN(result.size()));
  return result;
}

std::string nested(unsigned type, const std::string& attributes) { return attribute(type | NLA_F_NESTED, attributes); }

std::string answer(std::uint8_t command, const std::string& attributes) {
  return octets(genlmsghdr{command, 1, 0}) + attributes;
}

netlink::Message message(const std::string& payload) { return {27, payload}; }

const std::string kMac("\x02\x1e\x8c\xaa\xe0\xff", 6);
constexpr nl80211::MacAddress kAddress = {0x02, 0x1e, 0x8c, 0xaa, 0xe0, 0xff};

TEST(Wifi, ReadsAnInterface) {
  const std::string payload =
      answer(NL80211_CMD_NEW_INTERFACE, attribute(NL80211_ATTR_IFINDEX, octets<std::uint32_t>(4)) +
                                            attribute(NL80211_ATTR_IFNAME, std::string("wlan0\0", 6)) +
                                            attribute(NL80211_ATTR_IFTYPE, octets<std::uint32_t>(2)) +
                                            attribute(NL80211_ATTR_WIPHY_FREQ, octets<std::uint32_t>(5180)));
  nl80211::Interface interface;
  ASSERT_TRUE(nl80211::read_interface(message(payload), interface));
  EXPECT_EQ(interface.name, "wlan0");
  EXPECT_EQ(interface.index, 4);
  EXPECT_EQ(interface.type, 2U);
  EXPECT_EQ(interface.megahertz, 5180U);
  // One that is for discovery only, read into the same object.
  ASSERT_TRUE(nl80211::read_interface(
      message(answer(NL80211_CMD_NEW_INTERFACE, attribute(NL80211_ATTR_IFTYPE, octets<std::uint32_t>(10)))),
      interface));
  EXPECT_EQ(interface.name, "");
  EXPECT_FALSE(interface.megahertz);
  EXPECT_FALSE(nl80211::read_interface(message(answer(NL80211_CMD_NEW_STATION, "")), interface));
}

std::string network_with(const std::string& elements, const std::string& status) {
  return answer(NL80211_CMD_NEW_SCAN_RESULTS,
                nested(NL80211_ATTR_BSS, attribute(NL80211_BSS_BSSID, kMac) + status +
                                             attribute(NL80211_BSS_INFORMATION_ELEMENTS, elements)));
}

TEST(Wifi, ReadsTheNetworkThatTheInterfaceIsPartOf) {
  const std::string elements("\x01\x02\x82\x84\x00\x04home\x03\x01\x24", 13);
  const auto status = [](std::uint32_t number) { return attribute(NL80211_BSS_STATUS, octets(number)); };
  nl80211::Network network;
  ASSERT_TRUE(nl80211::read_network(message(network_with(elements, status(1))), network));
  EXPECT_EQ(network.name, "home");
  EXPECT_EQ(network.address, kAddress);
  EXPECT_EQ(network.part, nl80211::Part::client);
  ASSERT_TRUE(nl80211::read_network(message(network_with(elements, status(2))), network));
  EXPECT_EQ(network.part, nl80211::Part::ad_hoc);
  ASSERT_TRUE(nl80211::read_network(message(network_with(elements, status(7))), network));
  EXPECT_EQ(network.part, nl80211::Part::unknown);
  EXPECT_FALSE(nl80211::read_network(message(network_with(elements, "")), network)) << "only heard";
  ASSERT_TRUE(nl80211::read_network(message(network_with(std::string("\x00\x20ho", 4), status(1))), network));
  EXPECT_EQ(network.name, "") << "an element longer than what there is";
  ASSERT_TRUE(nl80211::read_network(message(network_with(std::string("\x01", 1), status(1))), network));
  EXPECT_EQ(network.name, "");
}

std::string station_with(const std::string& fields) {
  return answer(NL80211_CMD_NEW_STATION, attribute(NL80211_ATTR_MAC, kMac) + nested(NL80211_ATTR_STA_INFO, fields));
}

std::string whole_station() {
  const auto number = [](unsigned type, std::uint32_t value) { return attribute(type, octets(value)); };
  return station_with(
      number(NL80211_STA_INFO_INACTIVE_TIME, 1250) + number(NL80211_STA_INFO_RX_BYTES, 7) +
      number(NL80211_STA_INFO_TX_BYTES, 8) + attribute(NL80211_STA_INFO_RX_BYTES64, octets<std::uint64_t>(5123456789)) +
      number(NL80211_STA_INFO_RX_PACKETS, 11) + number(NL80211_STA_INFO_TX_PACKETS, 12) +
      number(NL80211_STA_INFO_TX_RETRIES, 13) + number(NL80211_STA_INFO_TX_FAILED, 14) +
      attribute(NL80211_STA_INFO_SIGNAL, octets<std::int8_t>(-61)) +
      nested(NL80211_STA_INFO_TX_BITRATE, attribute(NL80211_RATE_INFO_BITRATE, octets<std::uint16_t>(540))) +
      nested(NL80211_STA_INFO_RX_BITRATE, attribute(NL80211_RATE_INFO_BITRATE, octets<std::uint16_t>(1)) +
                                              number(NL80211_RATE_INFO_BITRATE32, 115290)) +
      number(NL80211_STA_INFO_CONNECTED_TIME, 90) + number(NL80211_STA_INFO_BEACON_LOSS, 3));
}

TEST(Wifi, ReadsAStation) {
  const std::string payload = whole_station();
  nl80211::Station station;
  ASSERT_TRUE(nl80211::read_station(message(payload), station));
  EXPECT_EQ(station.address, kAddress);
  EXPECT_EQ(station.connected_seconds, 90);
  EXPECT_EQ(station.inactive_seconds, 1.25);
  EXPECT_EQ(station.receive_bits_per_second, 11529000000U) << "more than 16 bits hold";
  EXPECT_EQ(station.transmit_bits_per_second, 54000000U);
  EXPECT_EQ(station.received_bytes, 5123456789U) << "the count of 64 bits before that of 32";
  EXPECT_EQ(station.transmitted_bytes, 8U);
  EXPECT_EQ(station.received_packets, 11U);
  EXPECT_EQ(station.transmitted_packets, 12U);
  EXPECT_EQ(station.retries, 13U);
  EXPECT_EQ(station.failed, 14U);
  EXPECT_EQ(station.beacon_loss, 3U);
  EXPECT_EQ(station.signal_dbm, -61);
}

TEST(Wifi, WhatADriverDoesNotSayIsNotZero) {
  const std::string payload = station_with(attribute(NL80211_STA_INFO_RX_PACKETS, octets<std::uint16_t>(1)));
  nl80211::Station station;
  station.signal_dbm = -1;
  ASSERT_TRUE(nl80211::read_station(message(payload), station));
  EXPECT_FALSE(station.received_packets) << "too short to be a number of 32 bits";
  EXPECT_FALSE(station.signal_dbm);
  EXPECT_FALSE(station.beacon_loss);
  EXPECT_FALSE(nl80211::read_station(message(answer(NL80211_CMD_NEW_STATION, "")), station)) << "without address";
}

TEST(Wifi, MessagesCutAnywhereAreReadAsFarAsTheyGo) {
  const std::string elements("\x00\x04home", 6);
  const std::string network_payload = network_with(elements, attribute(NL80211_BSS_STATUS, octets<std::uint32_t>(1)));
  nl80211::Network network;
  nl80211::Interface interface;
  for (std::size_t size = 0; size < network_payload.size(); ++size) {
    const std::vector<char> cut(network_payload.begin(), network_payload.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(nl80211::read_network({27, cut}, network)) << size;
    EXPECT_FALSE(nl80211::read_interface({27, cut}, interface)) << size;
  }
  const std::string payload = whole_station();
  nl80211::Station station;
  for (std::size_t size = 0; size < payload.size(); ++size) {
    const std::vector<char> cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(nl80211::read_station({27, cut}, station), size >= 14) << size;
    EXPECT_FALSE(station.beacon_loss) << size;
  }
}

TEST(Wifi, AKernelWithoutWirelessPartHasNoData) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/wifi");
  write_text(copy.path() / "flags", "");
  nl80211::Kernel kernel;
  std::vector<nl80211::Interface> interfaces;
  const int error = kernel.interfaces(interfaces);
  ASSERT_TRUE(error == 0 || error == ENOENT) << error;
  FixtureRun run(spec_of("wifi"), copy.path());
  EXPECT_EQ(run.scrape(), error == 0 ? exporter::Outcome::ok : exporter::Outcome::no_data);
  EXPECT_TRUE(run.sink().notes().empty());
}

TEST(Wifi, AListOfInterfacesThatIsNoneFails) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/wifi");
  write_text(copy.path() / "radio/interfaces.json", "[1]");
  FixtureRun run(spec_of("wifi"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::failed);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

}  // namespace
}  // namespace tests

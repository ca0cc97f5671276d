#include "collectors/merge/address.h"

#include <algorithm>

#include "platform/text.h"

namespace exporter::merge {
namespace {

constexpr std::string_view kUsualPath = "/metrics";
constexpr std::size_t kLongestName = 100;

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.:/").find(c) != std::string_view::npos;
  });
}

// unix:///run/app.sock:/metrics
std::string read_unix(std::string_view url, Address& address) {
  std::string_view path = kUsualPath;
  if (const auto colon = url.find(":/", url.find('/')); colon != std::string_view::npos) {
    path = url.substr(colon + 1);
    url = url.substr(0, colon);
  }
  if (std::any_of(path.begin(), path.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; })) {
    return "its path has control characters";
  }
  address.shown = "unix://";
  auto wrong = platform::parse_http_url(url, path, address.target);
  address.shown.append(address.target.endpoint.path).append(":").append(path);
  return wrong;
}

std::string read_url(std::string_view url, Address& address) {
  if (url.starts_with("unix:")) {
    return read_unix(url, address);
  }
  std::string whole(url);
  const auto authority = whole.find("://");
  if (authority != std::string::npos && whole.find_first_of("/?#", authority + 3) == std::string::npos) {
    whole.append(kUsualPath);
  }
  auto wrong = platform::parse_http_url(whole, {}, address.target, platform::Https::allowed);
  address.shown = address.target.tls ? "https://" : "http://";
  address.shown.append(address.target.host).append(address.target.path);
  return wrong;
}

}  // namespace

std::vector<Address> addresses_of(const Options& options) {
  std::vector<Address> addresses;
  for (const std::string_view given : options.list("merge.target")) {
    // Several in one text, for the environment. A URL has no blanks.
    for (std::string_view rest = given; !platform::trim(rest).empty();) {
      std::string_view url = platform::word(rest);
      Address address;
      address.name = url.find('=') == std::string_view::npos ? "" : platform::take(url, '=');
      if (!good_name(address.name)) {
        throw OptionError(
            "option merge.target: write NAME=URL, as in app=http://127.0.0.1:8000/metrics, with letters, digits and "
            "_-.:/ in NAME");
      }
      const std::string where = "option merge.target: '" + address.name + "': ";
      if (const auto wrong = read_url(url, address); !wrong.empty()) {
        throw OptionError(where + wrong + "; write http://HOST:PORT/metrics, https:// or unix:///PATH:/metrics");
      }
      if (std::any_of(addresses.begin(), addresses.end(), [&](const auto& one) { return one.name == address.name; })) {
        throw OptionError(where + "this name is there already, give each target its own");
      }
      addresses.push_back(std::move(address));
    }
  }
  return addresses;
}

}  // namespace exporter::merge

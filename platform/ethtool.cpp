#include "platform/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace platform::ethtool {
namespace {

constexpr std::size_t kMostCounters = 1U << 17;  // no driver comes near; more is a broken answer
constexpr std::size_t kWordBits = 32;

template <std::size_t size>
std::string_view text_of(const char (&field)[size]) noexcept {
  return {field, ::strnlen(field, size)};
}

LinkModes modes_of(std::span<const std::uint32_t> words) noexcept {
  LinkModes modes;
  for (std::size_t bit = 0; bit < std::min(modes.size(), words.size() * kWordBits); ++bit) {
    modes[bit] = (words[bit / kWordBits] >> (bit % kWordBits) & 1U) != 0;
  }
  return modes;
}

}  // namespace

GuardedBuffer::~GuardedBuffer() {
  if (memory_ != nullptr) {
    ::munmap(memory_, size_ + static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  }
}

void* GuardedBuffer::reserve(std::size_t size) noexcept {
  if (size <= size_) {
    return memory_;
  }
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t whole = (size + page - 1) / page * page;
  void* const memory = ::mmap(nullptr, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return nullptr;
  }
  if (::mprotect(static_cast<char*>(memory) + whole, page, PROT_NONE) != 0) {
    ::munmap(memory, whole + page);
    return nullptr;
  }
  if (memory_ != nullptr) {
    ::munmap(memory_, size_ + page);
  }
  memory_ = memory;
  size_ = whole;
  return memory_;
}

int Kernel::ask(const char* device, void* question) {
  if (!socket_) {
    socket_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));  // of any kind: it only says which namespace
    if (!socket_) {
      return errno;
    }
  }
  ifreq request{};
  const std::string_view name(device);
  if (name.size() >= sizeof(request.ifr_name)) {
    return ENODEV;
  }
  name.copy(request.ifr_name, name.size());
  request.ifr_data = static_cast<char*>(question);
  return ::ioctl(socket_.get(), SIOCETHTOOL, &request) == 0 ? 0 : errno;
}

int Kernel::driver(const char* device, Driver& answer) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  const int error = ask(device, &info);
  if (error == 0) {
    answer.name = text_of(info.driver);
    answer.version = text_of(info.version);
    answer.firmware_version = text_of(info.fw_version);
    answer.expansion_rom_version = text_of(info.erom_version);
    answer.bus = text_of(info.bus_info);
  }
  return error;
}

// The kernel answers only who knows how many words a set of modes has; who does not is told, as a negative number.
int Kernel::link(const char* device, Link& answer) {
  constexpr std::size_t kSets = 3;  // supported, advertised, those of the link partner
  constexpr std::size_t kHead = sizeof(ethtool_link_settings) / sizeof(std::uint32_t);
  static_assert(sizeof(ethtool_link_settings) % sizeof(std::uint32_t) == 0);
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::array<std::uint32_t, kHead + kSets * INT8_MAX> question{};
    ethtool_link_settings head{};
    head.cmd = ETHTOOL_GLINKSETTINGS;
    head.link_mode_masks_nwords = static_cast<std::int8_t>(words_);
    std::memcpy(question.data(), &head, sizeof(head));
    if (const int error = ask(device, question.data())) {
      return error;
    }
    std::memcpy(&head, question.data(), sizeof(head));
    const int said = head.link_mode_masks_nwords;  // a number, no letter: NOLINT(bugprone-signed-char-misuse)
    if (said > 0 && said == words_) {
      const auto sets = std::span<const std::uint32_t>(question).subspan(kHead);
      const auto size = static_cast<std::size_t>(words_);
      answer.supported = modes_of(sets.first(size));
      answer.advertised = modes_of(sets.subspan(size, size));
      answer.autonegotiation = head.autoneg == AUTONEG_ENABLE;
      return 0;
    }
    if (said >= 0 || said == INT8_MIN) {
      return EBADMSG;
    }
    words_ = -said;
  }
  return EBADMSG;
}

int Kernel::count(const char* device, std::size_t& answer) {
  constexpr std::size_t kHead = sizeof(ethtool_sset_info) / sizeof(std::uint32_t);
  std::array<std::uint32_t, kHead + 1> question{};  // behind the head one number for each bit of the mask
  ethtool_sset_info head{};
  head.cmd = ETHTOOL_GSSET_INFO;
  head.sset_mask = std::uint64_t{1} << ETH_SS_STATS;
  std::memcpy(question.data(), &head, sizeof(head));
  const int error = ask(device, question.data());
  std::memcpy(&head, question.data(), sizeof(head));
  // A driver without counters takes the bit out of the mask.
  answer = error == 0 && head.sset_mask != 0 ? question[kHead] : 0;
  return answer > kMostCounters ? EBADMSG : error;
}

int Kernel::names(const char* device, std::size_t count, std::vector<std::string>& answer) {
  auto* const head =
      static_cast<ethtool_gstrings*>(buffer_.reserve(sizeof(ethtool_gstrings) + count * ETH_GSTRING_LEN));
  if (head == nullptr) {
    return ENOMEM;
  }
  *head = {};
  head->cmd = ETHTOOL_GSTRINGS;
  head->string_set = ETH_SS_STATS;
  head->len = static_cast<std::uint32_t>(count);
  if (const int error = ask(device, head)) {
    return error == EFAULT ? EAGAIN : error;
  }
  if (head->len != count) {
    return EAGAIN;
  }
  answer.clear();
  const auto* text = reinterpret_cast<const char*>(head + 1);
  for (std::size_t i = 0; i < count; ++i, text += ETH_GSTRING_LEN) {
    answer.emplace_back(text, ::strnlen(text, ETH_GSTRING_LEN));
  }
  return 0;
}

int Kernel::values(const char* device, std::size_t count, std::span<const std::uint64_t>& answer) {
  auto* const head =
      static_cast<ethtool_stats*>(buffer_.reserve(sizeof(ethtool_stats) + count * sizeof(std::uint64_t)));
  if (head == nullptr) {
    return ENOMEM;
  }
  head->cmd = ETHTOOL_GSTATS;
  head->n_stats = static_cast<std::uint32_t>(count);
  if (const int error = ask(device, head)) {
    return error == EFAULT ? EAGAIN : error;
  }
  static_assert(sizeof(ethtool_stats) % alignof(std::uint64_t) == 0);
  answer = {reinterpret_cast<const std::uint64_t*>(head + 1), count};
  return head->n_stats == count ? 0 : EAGAIN;
}

}  // namespace platform::ethtool

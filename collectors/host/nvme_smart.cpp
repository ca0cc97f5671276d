// The health of NVMe controllers: log page 02h (SMART / Health Information), asked of each controller in
// /sys/class/nvme by NVME_IOCTL_ADMIN_CMD on /dev/nvme<N> under path.rootfs (linux/nvme_ioctl.h). The kernel wants
// CAP_SYS_ADMIN for it. A regular file in the place of the device is the 512 bytes of a log that was saved.
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/nvme_smart_log.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/deadline.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::nvme_smart {
namespace {

enum Metric : std::size_t { warning, temperature, spare, threshold, used, first_counter };

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_nvme_smart_critical_warning",
     "1 when the controller gives this warning.",
     {"warning"}},  // behind the label of the device
    {MetricType::gauge, "node_nvme_smart_temperature_celsius", "Composite temperature.", {"device"}},
    {MetricType::gauge, "node_nvme_smart_available_spare_ratio", "Spare capacity that is left.", {"device"}},
    {MetricType::gauge,
     "node_nvme_smart_available_spare_threshold_ratio",
     "Spare capacity below which the controller warns.",
     {"device"}},
    {MetricType::gauge,
     "node_nvme_smart_endurance_used_ratio",
     "The maker's estimate of the life used up; may pass 1.",
     {"device"}},
    {MetricType::counter, "node_nvme_smart_data_read_bytes_total", "Bytes the host has read.", {"device"}},
    {MetricType::counter, "node_nvme_smart_data_written_bytes_total", "Bytes the host has written.", {"device"}},
    {MetricType::counter, "node_nvme_smart_host_read_commands_total", "Read commands completed.", {"device"}},
    {MetricType::counter, "node_nvme_smart_host_write_commands_total", "Write commands completed.", {"device"}},
    {MetricType::counter,
     "node_nvme_smart_controller_busy_seconds_total",
     "Time with commands under way, in whole minutes.",
     {"device"}},
    {MetricType::counter, "node_nvme_smart_power_cycles_total", "Times the power was switched on.", {"device"}},
    {MetricType::counter, "node_nvme_smart_power_on_seconds_total", "Time with power, in whole hours.", {"device"}},
    {MetricType::counter,
     "node_nvme_smart_unsafe_shutdowns_total",
     "Losses of power without a shutdown before.",
     {"device"}},
    {MetricType::counter, "node_nvme_smart_media_errors_total", "Data integrity errors not recovered.", {"device"}},
    {MetricType::counter, "node_nvme_smart_error_log_entries_total", "Entries ever made in the error log.", {"device"}},
    {MetricType::counter,
     "node_nvme_smart_warning_temperature_seconds_total",
     "Time above the warning temperature, in whole minutes.",
     {"device"}},
    {MetricType::counter,
     "node_nvme_smart_critical_temperature_seconds_total",
     "Time above the critical temperature, in whole minutes.",
     {"device"}},
};

constexpr double NvmeSmartLog::*kCounters[] = {
    &NvmeSmartLog::bytes_read,
    &NvmeSmartLog::bytes_written,
    &NvmeSmartLog::read_commands,
    &NvmeSmartLog::write_commands,
    &NvmeSmartLog::busy_seconds,
    &NvmeSmartLog::power_cycles,
    &NvmeSmartLog::power_on_seconds,
    &NvmeSmartLog::unsafe_shutdowns,
    &NvmeSmartLog::media_errors,
    &NvmeSmartLog::error_log_entries,
    &NvmeSmartLog::warning_temperature_seconds,
    &NvmeSmartLog::critical_temperature_seconds,
};
constexpr std::size_t kDataCounters = 2;  // the first ones
static_assert(std::size(kCounters) + first_counter == std::size(kMetrics));

// The bits of the critical warning, from the lowest.
constexpr std::string_view kWarnings[] = {"available_spare",        "temperature",      "reliability", "read_only",
                                          "volatile_memory_backup", "persistent_memory"};

constexpr const char* kFiles[] = {"state"};

constexpr std::uint8_t kGetLogPage = 0x02;
constexpr std::uint32_t kSmartLogPage = 0x02;
constexpr std::uint32_t kAllNamespaces = 0xffffffff;

// What a controller without this log answers, such as one that only lists others: status type and code.
constexpr int kStatusMask = 0x7ff;
constexpr int kInvalidOpcode = 0x001;
constexpr int kInvalidField = 0x002;
constexpr int kInvalidLogPage = 0x109;

using Bytes = std::array<std::uint8_t, NvmeSmartLog::kBytes>;

struct Controller {
  platform::Attributes attributes;
  LabelBlock labels;
  std::string node;        // relative to the root file system
  std::string permission;  // what it takes to be let in
};

enum class Answer { log, none, failed };

Answer failed(int error, const Controller& controller, Sink& sink) {
  if (error == EACCES || error == EPERM) {
    sink.problem(Problem::denied, controller.permission, error);
  } else {
    sink.problem(error == ENOENT ? Problem::missing : Problem::io, controller.node, error);
  }
  return Answer::failed;
}

// Asks the controller. There is no time limit on the command but the driver's own: one that runs out makes the driver
// reset the controller. A controller that hangs keeps this worker, and the scrape goes on without it.
Answer ask(int fd, const Controller& controller, Bytes& bytes, Sink& sink) {
  nvme_admin_cmd command{};
  command.opcode = kGetLogPage;
  command.nsid = kAllNamespaces;
  command.addr = reinterpret_cast<std::uintptr_t>(bytes.data());
  command.data_len = NvmeSmartLog::kBytes;
  command.cdw10 = std::uint32_t{NvmeSmartLog::kBytes / 4 - 1} << 16 | kSmartLogPage;
  const int status = ::ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);
  if (status == 0) {
    return Answer::log;
  }
  if (status < 0) {
    return failed(errno, controller, sink);
  }
  const int code = status & kStatusMask;
  const bool has_none = code == kInvalidOpcode || code == kInvalidField || code == kInvalidLogPage;
  return has_none ? Answer::none : failed(EIO, controller, sink);
}

Answer read_log(const platform::Dir& root, const Controller& controller, Bytes& bytes, Sink& sink) {
  // Opened for each reading: a node that is held open keeps a device that was pulled out, and its driver, alive.
  platform::Fd fd;
  if (const int error = root.open_file(controller.node.c_str(), fd)) {
    return error == EAGAIN ? Answer::none : failed(error, controller, sink);  // EAGAIN: no longer live
  }
  struct stat kind {};
  if (::fstat(fd.get(), &kind) != 0) {
    return failed(errno, controller, sink);
  }
  if (S_ISCHR(kind.st_mode)) {
    return ask(fd.get(), controller, bytes, sink);
  }
  if (!S_ISREG(kind.st_mode) || ::pread(fd.get(), bytes.data(), bytes.size(), 0) != std::ssize(bytes)) {
    sink.problem(Problem::parse, controller.node);
    return Answer::failed;
  }
  return Answer::log;
}

void add_log(const NvmeSmartLog& log, const LabelBlock& labels, Sink& sink) {
  for (std::size_t i = 0; i < std::size(kWarnings); ++i) {
    sink.add(kMetrics[warning], log.critical_warning >> i & 1, labels, {kWarnings[i]});
  }
  if (log.temperature_celsius) {
    sink.add(kMetrics[temperature], *log.temperature_celsius, labels);
  }
  sink.add(kMetrics[spare], log.available_spare_percent / 100.0, labels);
  sink.add(kMetrics[threshold], log.spare_threshold_percent / 100.0, labels);
  sink.add(kMetrics[used], log.used_percent / 100.0, labels);
  for (std::size_t i = 0; i < std::size(kCounters); ++i) {
    const double value = log.*kCounters[i];
    // Of the data moved, 0 says that the controller does not count it.
    if (value != 0 || i >= kDataCounters) {
      sink.add(kMetrics[first_counter + i], value, labels);
    }
  }
}

// "nvme0", not "nvme-fabrics".
bool is_controller(std::string_view name) {
  return name.size() > 4 && name.starts_with("nvme") &&
         name.find_first_not_of("0123456789", 4) == std::string_view::npos;
}

class NvmeSmart final : public Collector {
 public:
  explicit NvmeSmart(const Environment& environment)
      : host_(environment.host), controllers_(environment.host.sys, kClass) {}

  bool nothing_to_read() override { return controllers_.none(); }
  Outcome outcome_of_nothing() override { return controllers_.known() ? Outcome::ok : Outcome::no_data; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    std::size_t failures = 0;
    std::size_t logs = 0;
    const platform::Deadline deadline{scrape.deadline, scrape.stop_fd};
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      const std::string node = "dev/" + std::string(name);
      return Controller{{std::move(folder), kFiles, open_files_},
                        {kMetrics[temperature], {name}},
                        node,
                        node + ": needs CAP_SYS_ADMIN and access to the file"};
    };
    const int error = controllers_.each(is_controller, make, [&](std::string_view name, Controller& controller) {
      // One that is being reset or connected would keep the command waiting.
      const auto state = attribute_text(controller.attributes, 0, scrape.buffer, sink);
      if (!state.empty() && state != "live") {
        return;
      }
      if (deadline.expired()) {
        sink.problem(Problem::deadline, name);
        return;
      }
      const Answer answer = read_log(host_.root, controller, bytes_, sink);
      if (answer == Answer::log) {
        add_log(parse_nvme_smart_log(bytes_), controller.labels, sink);
        ++logs;
      }
      failures += answer == Answer::failed ? 1 : 0;
    });
    if (error != 0) {
      return unreadable(sink, kClass, error);
    }
    return failures != 0 && logs == 0 ? Outcome::failed : Outcome::ok;
  }

 private:
  static constexpr const char* kClass = "class/nvme";

  const platform::Host& host_;
  platform::OpenFiles open_files_;
  platform::Devices<Controller> controllers_;
  Bytes bytes_{};
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<NvmeSmart>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "nvme_smart",
    .summary = "health logs of NVMe controllers, asked of the devices; needs CAP_SYS_ADMIN",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
    .rights = {.capabilities = "CAP_DAC_READ_SEARCH CAP_SYS_ADMIN"},
};

}  // namespace exporter::host::nvme_smart

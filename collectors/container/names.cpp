#include "collectors/container/names.h"

#include <algorithm>
#include <cerrno>

#include "platform/containerd_files.h"
#include "platform/crio_files.h"
#include "platform/docker_api.h"
#include "platform/docker_files.h"
#include "platform/host.h"
#include "platform/log_links.h"
#include "platform/lxc_files.h"
#include "platform/podman_files.h"

namespace exporter::container {
namespace {

// A runtime started after us is looked for when an unknown container appears, but not at every scrape.
constexpr std::uint64_t kRoundsBetweenSearches = 4;
// Of a container that nobody knows: so many times at every scrape, then ever less often.
constexpr std::uint8_t kEagerLooks = 8;
constexpr std::uint8_t kMostLooks = 12;

std::uint64_t pause_after(std::uint8_t looks) {
  return looks <= kEagerLooks ? 1 : std::uint64_t{1} << (looks - kEagerLooks);
}

}  // namespace

Names::Names(const Environment& environment, Ask ask) {
  const auto& host = environment.host;
  const auto add = [&](auto source) { sources_.push_back({std::move(source), false, {}}); };
  constexpr std::string_view kRoot = "container.docker-root";
  // A server's target asks for names in a program that was built without containers, such as a test.
  const auto& options = environment.options;
  auto docker = std::make_unique<platform::DockerFiles>(host, options.declared(kRoot) ? options.text(kRoot) : "");
  auto podman = std::make_unique<platform::PodmanFiles>(host);
  docker_ = docker.get();
  podman_ = podman.get();
  add(std::move(docker));
  constexpr std::string_view kSocket = "container.docker-socket";
  if (ask == Ask::everything && !options.text(kSocket).empty()) {
    const std::string path = platform::socket_path(options.text(kSocket));
    if (path.empty()) {
      throw OptionError("--container.docker-socket: expected unix:///PATH, not \"" + options.text(kSocket) + "\"");
    }
    add(std::make_unique<platform::DockerApi>((host.rootfs == "/" ? "" : host.rootfs) + path));
  }
  add(std::make_unique<platform::ContainerdFiles>(host));
  add(std::make_unique<platform::CrioFiles>(host));
  add(std::make_unique<platform::LogLinks>(host));
  add(std::move(podman));
  add(std::make_unique<platform::LxcFiles>(host));
  add(std::make_unique<platform::MachineFiles>(host));
}

void Names::begin() {
  ++round_;
  denied_ = 0;
  again_ = false;
  for (Asked& asked : sources_) {
    asked.begun = false;
  }
}

Names::Source::Result Names::ask(std::size_t index, Identity& identity, platform::ContainerFacts& facts,
                                 const Scrape& scrape) {
  Asked& asked = sources_[index];
  if (!asked.begun) {
    asked.begun = true;
    asked.source->begin();
  }
  const auto result = asked.source->read(identity.who, facts, scrape.buffer);
  const auto bit = static_cast<std::uint16_t>(1U << index);
  identity.denied = static_cast<std::uint16_t>(result == Source::Result::denied ? identity.denied | bit
                                                                                : identity.denied & ~unsigned{bit});
  return result;
}

bool Names::refresh(Identity& identity, const Scrape& scrape, Sink& sink) {
  bool changed = false;
  if (again_ && identity.source != Identity::kNobody) {
    return false;
  }
  if (identity.source != Identity::kNobody && (!identity.facts.partial || round_ >= identity.next_look)) {
    const auto result = ask(identity.source, identity, identity.facts, scrape);
    changed = result == Source::Result::updated;
    if (result == Source::Result::invalid) {
      sink.problem(Problem::parse, identity.who.id);
      changed = !identity.rejected;
      identity.rejected = true;
    } else if (result == Source::Result::absent || result == Source::Result::denied) {
      identity.facts = {};
      identity.source = Identity::kNobody;
      identity.looks = 0;
      identity.next_look = 0;
      identity.rejected = false;
      changed = true;
    } else {
      identity.rejected = false;
    }
  }
  const bool unknown = identity.source == Identity::kNobody;
  // Also while only a lesser source knows it: that one may have been first.
  if ((identity.source != 0 || identity.rejected) && (round_ >= identity.next_look || (again_ && unknown))) {
    changed = look(identity, scrape, sink) || changed;
  }
  if (changed) {
    identity.has_image = !identity.facts.image.empty();
  }
  if (identity.source == Identity::kNobody || !identity.has_image) {
    denied_ = static_cast<std::uint16_t>(denied_ | identity.denied);
  }
  return changed;
}

bool Names::identify(const platform::CgroupName& who, platform::ContainerFacts& facts, const Scrape& scrape) {
  for (Asked& asked : sources_) {
    if (!asked.source->serves(who.runtime)) {
      continue;
    }
    facts = {};
    if (!asked.begun) {
      asked.begun = true;
      asked.source->begin();
    }
    if (asked.source->read(who, facts, scrape.buffer) == Source::Result::updated) {
      return true;
    }
  }
  facts = {};
  return false;
}

// A source whose file cannot be understood is kept in mind, for it may be mended; a lesser one may know the name until
// then.
bool Names::look(Identity& identity, const Scrape& scrape, Sink& sink) {
  const bool nameless = identity.source == Identity::kNobody || identity.rejected;
  const std::size_t end = nameless ? sources_.size() : identity.source;
  bool better = false;
  bool adopted = false;
  for (std::size_t i = 0; i < end; ++i) {
    if (i == identity.source || !sources_[i].source->serves(identity.who.runtime)) {
      continue;
    }
    better = true;
    platform::ContainerFacts facts;
    const auto result = ask(i, identity, facts, scrape);
    if (result == Source::Result::invalid) {
      sink.problem(Problem::parse, identity.who.id);
    }
    const bool rejected = result == Source::Result::invalid && identity.source == Identity::kNobody;
    if (result != Source::Result::updated && !rejected) {
      continue;
    }
    identity.facts = std::move(facts);
    identity.source = static_cast<std::uint8_t>(i);
    identity.rejected = rejected;
    identity.looks = 0;
    identity.next_look = round_ + 1;
    adopted = true;
    if (!rejected) {
      break;
    }
  }
  if (adopted) {
    return true;
  }
  if (!better && !identity.facts.partial) {
    identity.next_look = UINT64_MAX;  // it has the best there is
    return false;
  }
  stranger_ = stranger_ || (identity.source == Identity::kNobody && identity.looks == 0);
  identity.looks = std::min(static_cast<std::uint8_t>(identity.looks + 1), kMostLooks);
  identity.next_look = round_ + pause_after(identity.looks);
  return false;
}

bool Names::end(Sink& sink) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Asked& asked = sources_[i];
    if ((denied_ & (1U << i)) == 0) {
      continue;
    }
    if (!asked.denied_note.starts_with(asked.source->denied_place() + ":")) {
      asked.denied_note = asked.source->denied_place() + ": container names need CAP_DAC_READ_SEARCH";
    }
    sink.problem(Problem::denied, asked.denied_note, EACCES);
  }
  if (!stranger_ || again_ || round_ < searched_ + kRoundsBetweenSearches) {
    return false;
  }
  stranger_ = false;
  again_ = true;
  searched_ = round_;
  ++searches_;
  for (Asked& asked : sources_) {
    asked.source->look_again();
    asked.begun = false;
  }
  return true;
}

}  // namespace exporter::container

// Servers that requests name, as the tests want them: their names say how they behave.
#pragma once
#include <future>

#include "exporter/probes.h"
#include "exporter/routes.h"
#include "tests/exporter/scheduler_machine.h"

namespace exporter::probes_test {

using namespace scheduler_test;
using namespace std::chrono_literals;

struct Seen {
  std::atomic<int> made{0};
  std::atomic<int> alive{0};
  std::atomic<int> runs{0};
  std::atomic<int> refusals{0};
  std::atomic<bool> hang{false};   // until the program ends
  std::atomic<bool> stuck{false};  // for ever: a name service that does not answer
  std::atomic<bool> down{false};
  std::atomic<std::uint64_t> generation{1};
  std::atomic<std::size_t> more{0};  // parameters of the last probe that made a target
};
inline Seen* seen = nullptr;

class Named final : public Target {
 public:
  explicit Named(std::string_view name) : address_(name) {
    ++seen->made;
    ++seen->alive;
  }
  ~Named() override { --seen->alive; }
  std::string_view address() const noexcept override { return address_; }
  Outcome collect(const Scrape& scrape, TargetPage& page) override {
    ++seen->runs;
    while (seen->stuck) {
      std::this_thread::sleep_for(1ms);
    }
    if (seen->hang) {
      platform::Deadline{Clock::now() + 30s, scrape.stop_fd}.wait(-1, 0);
    }
    page.group = "/system.slice/db.service";
    page.self.add(kServer[0], !seen->down);
    for (auto& run : page.runs) {
      run.outcome = Outcome::ok;
      if (run.spec->name == "view") {
        run.sink.add(kView[0], static_cast<double>(address_.size()));
        run.sink.problem(Problem::parse, "a row");
      }
    }
    return seen->down ? Outcome::failed : Outcome::ok;
  }
  void write_late(Sink& self) const override { self.add(kServer[0], 0); }

 private:
  std::string address_;
};

inline constexpr MetricDesc kProbing[] = {{MetricType::gauge, "pg_probing", "Refused requests."}};

class NamedProber final : public Prober {
 public:
  Probed probe(std::string_view target, std::string_view credentials, ProbeParameters more) override {
    seen->more = more.size();
    if (target == "bad") {
      return {.target = nullptr, .status = 400, .reason = "target: it is bad"};
    }
    if (credentials == "none") {
      return {.target = nullptr, .status = 403, .reason = "not you"};
    }
    return {.target = std::make_unique<Named>(target), .status = 200};
  }
  void note_refusal() noexcept override { ++seen->refusals; }
  Settings look() override { return {.generation = seen->generation, .good = true, .news = {}}; }
  std::span<const MetricDesc> metrics() const noexcept override { return kProbing; }
  void write(Sink& sink) const override { sink.add(kProbing[0], seen->refusals.load()); }
};

inline std::unique_ptr<Prober> make_prober(const Environment&, std::span<const CollectorSpec* const> enabled) {
  EXPECT_EQ(enabled.size(), 2U);
  return std::make_unique<NamedProber>();
}
inline constexpr std::string_view kMore[] = {"keys", "streams"};
inline const TargetSpec kProbed{
    Module::postgres, kServer, {}, make_targets, {"/probe", "auth_module", make_prober, kMore}, {"pg", "namespace"}};
// Its module is switched off.
inline const TargetSpec kNotProbed{Module::redis, kServer, {}, make_targets, {"/scrape", "", make_prober}};

class ProbesTest : public SchedulerTest {
 protected:
  void SetUp() override {
    seen = &seen_;
    SchedulerTest::SetUp();
  }
  void TearDown() override {
    seen_.stuck = false;
    const std::uint64_t one = 1;
    (void)!::write(stop_, &one, sizeof one);
    routes_ = nullptr;
    scheduler_ = nullptr;
    probes_ = nullptr;
    SchedulerTest::TearDown();
    EXPECT_EQ(seen_.alive, 0);
  }
  void start_probes(ProbeSettings settings = {}) {
    static const TargetSpec* const kSpecs[] = {&kProbed, &kNotProbed};
    static const CollectorSpec* const kEnabled[] = {&kQuickSpec, &kViewSpec, &kOtherSpec};
    probes_ = std::make_unique<Probes>(environment_, kEnabled, kSpecs, log_, stop_, settings);
    probes_->start(start());
    routes_ = std::make_unique<Routes>(*scheduler_, RouteSettings{}, probes_.get());
  }
  HttpReply get(std::vector<std::pair<std::string, std::string>> parameters, double timeout = 10,
                std::string path = "/probe") {
    HttpRequest request;
    request.path = std::move(path);
    request.parameters = std::move(parameters);
    request.timeout_seconds = timeout;
    return routes_->answer(request);
  }
  std::string text(const std::string& target) { return get({{"target", target}}).body->text; }

  Seen seen_;
  std::unique_ptr<Probes> probes_;
  std::unique_ptr<Routes> routes_;
};

}  // namespace exporter::probes_test

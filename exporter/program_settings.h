// What the program's own options mean, wherever they were set.
#pragma once
#include <string>
#include <vector>

#include "exporter/collector.h"
#include "exporter/log.h"
#include "exporter/options.h"
#include "platform/host.h"

namespace exporter {

// Puts other names' values where they belong and checks them. Throws OptionError with what to mend.
void settle(Options& options);
// In list order, whatever the order of the help.
std::vector<const CollectorSpec*> chosen_collectors(const Options& options);

// The path of --web.external-url without a slash at its end, "" for none. Throws OptionError for what is no address.
std::string web_prefix(const Options& options);
void apply(const Options& options, platform::Host& host);
LogLevel log_level(const Options& options);
LogFormat log_format(const Options& options);

}  // namespace exporter

// The timex collector with another adjtimex, so that a test can say what the kernel answers.
#pragma once
#include <sys/timex.h>

#include <memory>

#include "exporter/collector.h"

namespace exporter::host::timex {

// As adjtimex(2): the clock's state, or -1 with errno.
using Function = int (*)(::timex*);

std::unique_ptr<Collector> make_with(Function function);

}  // namespace exporter::host::timex

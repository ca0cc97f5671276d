#include "platform/fault.h"

namespace platform {

std::string_view word_of(Fault fault) noexcept {
  switch (fault) {
    case Fault::none:
    case Fault::stopping:
      return {};
    case Fault::refused:
      return "refused";
    case Fault::dns:
      return "dns";
    case Fault::timeout:
      return "timeout";
    case Fault::network:
      return "network";
    case Fault::denied:
      return "denied";
    case Fault::auth:
      return "auth";
    case Fault::loading:
      return "loading";
    case Fault::protocol:
      return "protocol";
    default:
      return "tls";
  }
}

}  // namespace platform

// TLS of the scrape port.
#pragma once
#include <string>
#include <vector>

#include "platform/tls_server.h"

namespace exporter {

// What connections are made with; one is replaced by another, never changed.
struct HttpTls {
  platform::TlsContext context;
  std::vector<std::string> client_names;
};

}  // namespace exporter

// One request on a connection: parsed by cpp-httplib, answered by the handler. The only door to the library.
#pragma once
#include <memory>
#include <vector>

#include "exporter/http_connection.h"
#include "exporter/http_server.h"

namespace exporter {

// Thread-safe. `listeners` outlive it.
class HttpParser {
 public:
  HttpParser(const std::vector<Listener>& listeners, HttpServer::Handler handler);
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;
  ~HttpParser();

  // Answers the request at the front of the connection's input, whose head must be complete. False when the connection
  // must be closed.
  bool answer_one(HttpConnection& connection);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter

// Order: DATA_SOURCE_NAME; DATA_SOURCE_URI with DATA_SOURCE_USER and DATA_SOURCE_PASS (each also as _FILE, which wins);
// libpq's PGHOST, PGPORT and so on; else a server on this machine: a socket in /run/postgresql or /var/run/postgresql,
// or localhost:5432. Where there is neither, container_server.h looks into containers.
#include "collectors/postgres/source.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <tuple>

#include "platform/byte_stream.h"
#include "platform/dir.h"
#include "platform/text.h"

namespace exporter::postgres {
namespace {

constexpr std::string_view kLibpqVariables[] = {"PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGUSER", "PGDATABASE"};

// The trimmed content of a file; relative names start at the working directory.
int read_trimmed(const std::string& path, std::string& out) {
  platform::ReadBuffer buffer;
  const int error = platform::Dir(".").read(path.c_str(), buffer);
  out = platform::trim(buffer.text());
  return error;
}

std::string cannot_read(std::string_view variable_name, const std::string& path, int error) {
  return std::string(variable_name) + ": cannot read '" + path +
         "': " + std::strerror(error);  // NOLINT(concurrency-mt-unsafe)
}

// The value of `name`, or of the file in `name`_FILE.
std::string text_or_file(const Options& options, const std::string& name) {
  const std::string& path = options.text(name + "_FILE");
  if (path.empty()) {
    return options.text(name);
  }
  std::string text;
  if (const int error = read_trimmed(path, text)) {
    throw OptionError(cannot_read(name + "_FILE", path, error));
  }
  return text;
}

// What a DSN leaves open, as the exporter that users come from has it, and what this program wants.
void complete(platform::PqDsn& dsn) {
  if (!dsn.gives("host") && !dsn.gives("hostaddr") && !dsn.gives("service") && platform::pq_default("host").empty() &&
      platform::pq_default("hostaddr").empty() && platform::pq_default("service").empty()) {
    dsn.set("host", "localhost");
  }
}

void add_session_defaults(platform::PqDsn& dsn) {
  if (!dsn.gives("application_name") && platform::pq_default("application_name").empty()) {
    dsn.set("application_name", "resource_exporter");
  }
  if (!dsn.gives("gssencmode") && !dsn.gives("krbsrvname")) {
    dsn.set("gssencmode", "disable");  // else libpq loads Kerberos, which may ask the name service
  }
  dsn.set("client_encoding", "UTF8");
}

std::string address_of(const platform::PqDsn& dsn) {
  std::string address = dsn.server();
  if (const auto database = dsn.get("dbname"); !database.empty()) {
    address.append("/").append(database);
  }
  return address;
}

Source from_uri(const Options& options, std::string uri) {
  Source source;
  if (uri.find("://") == std::string::npos) {
    uri.insert(0, "postgresql://");
  }
  if (const auto wrong = source.dsn.parse(uri); !wrong.empty()) {
    throw OptionError("DATA_SOURCE_URI: " + wrong + "; expected host:port/database?sslmode=prefer");
  }
  complete(source.dsn);
  if (const auto user = text_or_file(options, "DATA_SOURCE_USER"); !user.empty()) {
    source.dsn.set("user", user);
  }
  if (const auto password = text_or_file(options, "DATA_SOURCE_PASS"); !password.empty()) {
    source.dsn.set("password", password);
  }
  source.user_file = options.text("DATA_SOURCE_USER_FILE");
  source.password_file = options.text("DATA_SOURCE_PASS_FILE");
  source.address = address_of(source.dsn);
  return source;
}

// In one of the usual directories; false when there is none.
bool find_socket(const platform::Host& host, std::string& directory, std::uint16_t& port) {
  for (const char* const place : {"run/postgresql", "var/run/postgresql"}) {
    if (lowest_socket(host.root, place, port) == 0) {
      directory = host.rootfs;
      directory.append(directory.ends_with('/') ? "" : "/").append(place);
      return true;
    }
  }
  return false;
}

}  // namespace

int lowest_socket(const platform::Dir& dir, const char* folder, std::uint16_t& port) {
  constexpr std::string_view kSocketName = ".s.PGSQL.";
  std::vector<std::string> names;
  if (const int error = dir.list(folder, names)) {
    return error;
  }
  bool found = false;
  for (std::string_view name : names) {
    if (!name.starts_with(kSocketName)) {
      continue;
    }
    name.remove_prefix(kSocketName.size());
    if (const auto number = platform::number<std::uint16_t>(name); number && (!found || *number < port)) {
      port = *number;
      found = true;
    }
  }
  return found ? 0 : ENOENT;
}

std::vector<Source> find_sources(const Options& options) {
  std::vector<Source> sources;
  const auto names = platform::split_dsns(options.text("DATA_SOURCE_NAME"));
  for (const auto& text : names) {
    Source source;
    if (const auto wrong = source.dsn.parse(text); !wrong.empty()) {
      std::string message = "DATA_SOURCE_NAME: ";
      if (names.size() > 1) {
        message.append("entry ").append(std::to_string(sources.size() + 1)).append(": ");
      }
      message.append(wrong).append(
          "; expected 'host=... user=... password=...' or postgresql://user:password@host:port/database");
      throw OptionError(message);
    }
    complete(source.dsn);
    source.address = address_of(source.dsn);
    sources.push_back(std::move(source));
  }
  if (!sources.empty()) {
    for (auto& source : sources) {
      source.own_database = std::count_if(sources.begin(), sources.end(), [&](const Source& other) {
                              return other.dsn.server() == source.dsn.server() && !names_console(other.dsn);
                            }) > 1;
    }
    return sources;
  }
  if (auto uri = text_or_file(options, "DATA_SOURCE_URI"); !uri.empty()) {
    sources.push_back(from_uri(options, std::move(uri)));
    return sources;
  }
  for (const auto name : kLibpqVariables) {
    if (!options.text(name).empty()) {
      Source source;
      source.address = address_of(source.dsn);
      sources.push_back(std::move(source));
      return sources;
    }
  }
  if (options.flag("postgres.discover")) {
    Source source;  // put together here: libpq is not loaded before there is a server
    source.dsn.set("host", "localhost");
    source.dsn.set("port", "5432");
    source.dsn.set("dbname", "postgres");
    source.dsn.set("user", text_or_file(options, "DATA_SOURCE_USER"));
    source.dsn.set("password", text_or_file(options, "DATA_SOURCE_PASS"));
    source.user_file = options.text("DATA_SOURCE_USER_FILE");
    source.password_file = options.text("DATA_SOURCE_PASS_FILE");
    source.automatic = true;
    source.address = "localhost:5432";
    sources.push_back(std::move(source));
  }
  return sources;
}

bool may_be_there(const Source& source, const platform::Host& host, const platform::Deadline& deadline) {
  std::string directory;
  std::uint16_t port = 0;
  if (!source.automatic || find_socket(host, directory, port)) {
    return true;
  }
  constexpr std::uint16_t kPort = 5432;
  return platform::connect_to({"127.0.0.1", kPort, {}}, deadline).stream ||
         platform::connect_to({"::1", kPort, {}}, deadline).stream;
}

std::string login_dsn(const Source& source, const platform::Host& host, platform::PqDsn& dsn) {
  dsn = source.dsn;
  for (const auto& [file, keyword, name] :
       {std::tuple(&source.user_file, "user", std::string_view("DATA_SOURCE_USER_FILE")),
        std::tuple(&source.password_file, "password", source.password_file_name)}) {
    std::string text;
    if (file->empty()) {
      continue;
    }
    if (const int error = read_trimmed(*file, text)) {
      return cannot_read(name, *file, error);
    }
    dsn.set(keyword, text);
  }
  std::string directory;
  std::uint16_t port = 0;
  if (source.automatic && find_socket(host, directory, port)) {
    dsn.set("host", directory);
    dsn.set("port", std::to_string(port));
  }
  add_session_defaults(dsn);
  return {};
}

bool names_console(const platform::PqDsn& dsn) { return dsn.get("dbname") == "pgbouncer"; }

std::string grant_advice(const std::string& role) {
  std::string quoted = "\"";
  for (const char c : role) {
    quoted.append(c == '"' ? 2 : 1, c);
  }
  quoted += '"';
  return "to let it in run CREATE ROLE " + quoted + " LOGIN; GRANT pg_monitor TO " + quoted +
         "; as a superuser, or set DATA_SOURCE_NAME";
}

}  // namespace exporter::postgres

#include "collectors/redis/access.h"

#include "exporter/reloads.h"

namespace exporter::redis {
namespace {

using platform::Fault;

platform::TlsClientSettings tls_settings(const Options& options) {
  return {.files = {.certificate = options.text("tls-client-cert-file"),
                    .key = options.text("tls-client-key-file"),
                    .authorities = options.text("tls-ca-cert-file")},
          .server_name = options.text("tls-server-name"),
          .verify = !options.flag("skip-tls-verification")};
}

}  // namespace

Access::Access(const Environment& environment)
    : logins_({.user = environment.options.text("redis.user"),
               .password = environment.options.text("redis.password"),
               .file = environment.options.text("redis.password-file")}),
      tls_(tls_settings(environment.options)),
      tls_files_(environment.options.on("tls-client-cert-file") || environment.options.on("tls-client-key-file") ||
                 environment.options.on("tls-ca-cert-file")) {
  if (const auto wrong = logins_.look(); !wrong.empty()) {
    throw OptionError("option redis.password-file: " + wrong);
  }
  if (environment.options.on("tls-client-cert-file") != environment.options.on("tls-client-key-file")) {
    throw OptionError("options tls-client-cert-file and tls-client-key-file: one of them is missing");
  }
  // Without files there is nothing that can be wrong, nor a need for the memory of a context yet.
  if (const auto wrong = tls_files_ ? tls_.look() : std::string(); !wrong.empty()) {
    throw OptionError("options tls-ca-cert-file, tls-client-cert-file, tls-client-key-file: " + wrong);
  }
  if (environment.options.on("redis.password-file")) {
    environment.shared.get<Reloads>().add([this] { return logins_.reload(); });
  }
}

std::string Access::trouble() {
  std::string wrong = logins_.look();
  return wrong.empty() && tls_files_ ? tls_.look() : wrong;
}

Access& access_of(const Environment& environment) { return environment.shared.get<Access>(environment); }

std::string with_remedy(std::string reason, Fault fault) {
  const std::string_view remedy = [&]() -> std::string_view {
    switch (fault) {
      case Fault::auth:
        return reason.starts_with("NOAUTH")
                   ? " Set REDIS_PASSWORD, and REDIS_USER where the server has users; or --redis.password-file."
                   : "";
      case Fault::tls_absent:
        return "; write redis:// for a port without TLS";
      case Fault::tls_wanted:
        return "; write rediss:// for such a port";
      case Fault::tls_untrusted:
        return "; give its authority with --tls-ca-cert-file";
      case Fault::tls_name:
        return "; give one of its names with --tls-server-name";
      case Fault::tls_own_certificate:
        return "; give one with --tls-client-cert-file and --tls-client-key-file";
      default:
        return "";
    }
  }();
  return reason.append(remedy);
}

}  // namespace exporter::redis

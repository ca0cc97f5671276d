// What the programs as a whole say: defaults, servers, what is one for all, and what is to be seen to.
#include <algorithm>

#include "exporter/migrate_planner.h"
#include "exporter/migrate_words.h"
#include "platform/pq_dsn.h"

namespace exporter::migrate {
namespace {

constexpr std::string_view kUsualPath = "/metrics";
constexpr std::string_view kNoDiscover = "--no-postgres.discover";

bool names_postgres(std::string_view variable) {
  return variable.starts_with("DATA_SOURCE_") || is_libpq_variable(variable);
}

}  // namespace

bool Planner::has(Original original) const {
  return std::any_of(plan_.programs.begin(), plan_.programs.end(),
                     [original](const Program& program) { return program.original == original; });
}

// What the original does unless it is told.
void Planner::fill_in() {
  if (original().module == "redis" && said_[current_].given.count("redis.addr") == 0 && program().environment_known) {
    redis_.push_back({"redis://localhost:6379", "", current_});
  } else if (program().original == Original::postgres) {
    fill_in_postgres();
  } else if (program().original == Original::pgbouncer &&
             said_[current_].given.count("pgBouncer.connectionString") == 0) {
    postgres_.push_back({"postgres://postgres:@localhost:6543/pgbouncer?sslmode=disable", "", current_});
  }
}

void Planner::fill_in_postgres() {
  if (said_[current_].given.count("auto-discover-databases") == 0) {
    put("auto-discover-databases", *option("auto-discover-databases"), "--no-auto-discover-databases");
    left_out("",
             "shows tables and indexes of the database in its DSN only, and so does --no-auto-discover-databases; "
             "leave that out to have those of all databases");
  }
  const auto& given = said_[current_].given;
  if (program().packaged || given.count("collector.bgwriter") != 0) {
    put("postgres.legacy-names", *option("postgres.legacy-names"), "--postgres.legacy-names");
    left_out("",
             "may be an old release: --postgres.legacy-names shows what it called otherwise as well; leave it out when "
             "no dashboard reads these names");
  }
  const bool named = std::any_of(postgres_.begin(), postgres_.end(),
                                 [this](const Server& server) { return server.program == current_; }) ||
                     std::any_of(program().variables.begin(), program().variables.end(), [](const Variable& variable) {
                       return !variable.value.empty() && names_postgres(variable.name);
                     });
  if (!named && program().environment_known) {
    put("", *option("postgres.discover"), std::string(kNoDiscover));
    left_out("", "has no server of its own, only /probe");
  }
}

void Planner::settle_paths() {
  bool all_same = true;
  for (const auto& said : said_) {
    all_same = all_same && said.path == said_[0].path;
  }
  for (current_ = 0; current_ < said_.size(); ++current_) {
    const std::string& path = said_[current_].path;
    if (path.empty() || path == kUsualPath) {
      continue;
    }
    if (all_same && path.starts_with('/') && is_plain(path)) {
      put("web.telemetry-path", *option("web.telemetry-path"), "--web.telemetry-path=" + path);
    } else {
      to_do("web.telemetry-path", "there is one path for all, /metrics: set metrics_path: /metrics in its job");
    }
  }
}

// One file for all ports, which not all of them had.
void Planner::settle_web() {
  const auto file = std::find_if(arguments_.begin(), arguments_.end(),
                                 [](const Argument& argument) { return argument.name == "web.config.file"; });
  for (current_ = 0; current_ < said_.size() && file != arguments_.end(); ++current_) {
    if (said_[current_].given.count("web.config.file") == 0) {
      to_do("", "had no --web.config.file, and that of " + plan_.programs[file->program].where +
                    " is for all ports: give its job in prometheus.yml the same scheme and login");
    }
  }
}

// --collector.disable-defaults of node_exporter means its own collectors; ours would mean those of all modules.
void Planner::settle_defaults() {
  const auto bare = std::find_if(arguments_.begin(), arguments_.end(), [](const Argument& argument) {
    return argument.word == "--collector.disable-defaults";
  });
  const bool others = std::any_of(plan_.programs.begin(), plan_.programs.end(),
                                  [](const Program& program) { return program.original != Original::node; });
  if (bare == arguments_.end() || !others) {
    return;
  }
  current_ = bare->program;
  *bare = {"module.node", "--no-module.node", current_};
  left_out("collector.disable-defaults",
           "here it means the collectors of all modules, and --no-module.node those of node");
}

void Planner::settle_servers() {
  const auto join = [this](const std::vector<Server>& servers, const char* variable) {
    std::string all;
    for (const auto& server : servers) {
      all.append(all.empty() ? "" : ",").append(server.address);
    }
    if (!servers.empty()) {
      current_ = servers[0].program;
      put_variable(variable, all);
      if (plan_.variables.empty() || plan_.variables.back().name != variable) {
        return;  // no text
      }
      Setting& setting = plan_.variables.back();
      for (const auto& server : servers) {
        const std::string& where = plan_.programs[server.program].where;
        setting.where.append(setting.where.find(where) == std::string::npos ? ", " + where : "");
      }
    }
  };
  const bool secret = std::any_of(redis_.begin(), redis_.end(), [](const Server& server) {
    return masked("redis.addr", server.address) != server.address;
  });
  if (secret) {
    join(redis_, "REDIS_ADDR");
  } else {
    for (const auto& server : redis_) {
      current_ = server.program;
      put("redis.addr", *option("redis.addr"), "--redis.addr=" + server.address);
    }
  }
  join(postgres_, "DATA_SOURCE_NAME");
  for (const auto& server : postgres_) {
    current_ = server.program;
    const auto uri = std::find_if(plan_.variables.begin(), plan_.variables.end(),
                                  [](const Setting& setting) { return setting.name.starts_with("DATA_SOURCE_URI"); });
    if (uri != plan_.variables.end() && uri->where != program().where) {
      to_do("DATA_SOURCE_URI", "DATA_SOURCE_NAME wins over it: add this server to DATA_SOURCE_NAME");
      break;
    }
    warn_of_peer(server.address, program());
  }
  settle_absent();
}

// Nobody is asked today who has no exporter.
void Planner::settle_absent() {
  current_ = 0;
  if (!has(Original::redis)) {
    arguments_.push_back({"redis.addr", "--redis.addr=", 0});
    left_out(
        "",
        "has no redis_exporter beside it: --redis.addr= looks for no Redis; leave it out to have redis_* on /metrics");
  }
  if (!has(Original::postgres) && !has(Original::pgbouncer)) {
    arguments_.push_back({"postgres.discover", std::string(kNoDiscover), 0});
    left_out("",
             "has no postgres_exporter beside it: --no-postgres.discover looks for no PostgreSQL; leave it out to "
             "have pg_* on /metrics");
  }
}

// A login by a socket without password is good for one user of the system.
void Planner::warn_of_peer(const std::string& dsns, const Program& of) {
  for (const auto& text : platform::split_dsns(dsns)) {
    platform::PqDsn dsn;
    if (!dsn.parse(text).empty()) {
      to_do("DATA_SOURCE_NAME", "cannot be read as a DSN of libpq: try it with psql");
    } else if (dsn.get("host").starts_with('/') && dsn.get("password").empty() && of.container.empty()) {
      return to_do(
          "DATA_SOURCE_NAME",
          "logs in by a socket without a password, which PostgreSQL allows to the system's user of the same "
          "name (peer). The service is resource_exporter: make that role by resource_exporter acl postgres and "
          "write user=resource_exporter, or let the service be the old user with User= (systemctl edit "
          "resource_exporter)");
    }
  }
}

void Planner::warn_of_container() {
  if (!program().own_network) {
    return;
  }
  to_do("",
        "has a network of its own: see that the port is the one in prometheus.yml, and that names of servers such as "
        "redis:6379 are known on the machine, else write 127.0.0.1 and the published port");
}

}  // namespace exporter::migrate

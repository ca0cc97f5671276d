// GET /probe?target=HOST:PORT/DATABASE&auth_module=NAME: one PostgreSQL server that the request names.
//
// The target is a DSN (key=value pairs or a postgresql:// URI), HOST:PORT[/DATABASE][?sslmode=...], or the path of a
// socket or of its folder, /run/postgresql:5433. See collectors/probe_list.h for who may be asked.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "collectors/postgres/source.h"
#include "exporter/collector.h"
#include "platform/byte_stream.h"
#include "platform/pq_dsn.h"

namespace exporter::postgres {

std::unique_ptr<Prober> make_prober(const Environment& environment, std::span<const CollectorSpec* const> enabled);

inline constexpr ProbeSpec kProbe{.path = "/probe", .credentials_parameter = "auth_module", .make = make_prober};

// Reads a target. `server` is where libpq will go. Returns an empty text, or what is wrong without repeating it.
std::string read_target(std::string_view text, platform::PqDsn& dsn, platform::Endpoint& server);

// In target.cpp: the server with its connection.
std::unique_ptr<Target> make_server(Source source, const Environment& environment,
                                    std::span<const CollectorSpec* const> enabled);

}  // namespace exporter::postgres

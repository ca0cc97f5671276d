// The functions of libpq, the client library of PostgreSQL, loaded when somebody speaks to a server for the first time:
// with what it brings (Kerberos, LDAP, GnuTLS) it takes 3 MB of memory, which a machine without PostgreSQL need not
// pay.
#pragma once
#include <libpq-fe.h>

#include <string>

namespace platform {

// One pointer a function, under the function's own name: pq().PQstatus(connection).
struct PqLibrary {
#define PLATFORM_PQ_FUNCTIONS(each)                                                                                  \
  each(PQbackendPID) each(PQclear) each(PQconndefaults) each(PQconnectPoll) each(PQconnectStartParams)               \
      each(PQconninfoFree) each(PQconninfoParse) each(PQconsumeInput) each(PQenterPipelineMode) each(PQerrorMessage) \
          each(PQfinish) each(PQflush) each(PQfname) each(PQftype) each(PQgetResult) each(PQgetisnull)               \
              each(PQgetlength) each(PQgetvalue) each(PQisBusy) each(PQnfields) each(PQntuples) each(PQpipelineSync) \
                  each(PQparameterStatus) each(PQresultErrorField) each(PQresultErrorMessage) each(PQresultStatus)   \
                      each(PQsendPrepare) each(PQsendQuery) each(PQsendQueryParams) each(PQsendQueryPrepared)        \
                          each(PQserverVersion) each(PQsetNoticeReceiver) each(PQsetnonblocking) each(PQsocket)      \
                              each(PQstatus)
#define PLATFORM_PQ_POINTER(name) decltype(&::name) name = nullptr;  // NOLINT(bugprone-macro-parentheses): a name
  PLATFORM_PQ_FUNCTIONS(PLATFORM_PQ_POINTER)
#undef PLATFORM_PQ_POINTER
};

// Empty when the library is there, loaded by the first call; else one line with what to install, the same each time.
// Any thread.
const std::string& load_pq();
// Loads as well; all functions are null where the library is missing, so ask load_pq() before the first of them.
const PqLibrary& pq() noexcept;

}  // namespace platform

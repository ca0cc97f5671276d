#include "platform/sd_bus.h"

namespace platform {
namespace {

std::optional<std::uint64_t> unless_negative(std::int64_t number) noexcept {
  return number < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(number));
}

}  // namespace

std::string SdBus::load() {
  if (auto wrong = file.open("libsystemd.so.0"); !wrong.empty()) {
    return wrong;
  }
  const bool whole =
      file.find("sd_bus_new", make) && file.find("sd_bus_set_address", set_address) &&
      file.find("sd_bus_set_bus_client", set_bus_client) && file.find("sd_bus_start", start) &&
      file.find("sd_bus_close", close) && file.find("sd_bus_unref", unref) && file.find("sd_bus_get_fd", get_fd) &&
      file.find("sd_bus_get_events", get_events) && file.find("sd_bus_get_timeout", get_timeout) &&
      file.find("sd_bus_process", process) && file.find("sd_bus_send", send) &&
      file.find("sd_bus_message_new_method_call", new_call) && file.find("sd_bus_message_append_basic", append) &&
      file.find("sd_bus_message_set_auto_start", set_auto_start) && file.find("sd_bus_message_unref", unref_message) &&
      file.find("sd_bus_message_get_reply_cookie", reply_cookie) && file.find("sd_bus_message_get_error", error) &&
      file.find("sd_bus_message_peek_type", peek) && file.find("sd_bus_message_read_basic", read) &&
      file.find("sd_bus_message_enter_container", enter) && file.find("sd_bus_message_exit_container", leave);
  return whole ? std::string() : std::string("libsystemd.so.0: older than this program can use");
}

bool is_container(char type) noexcept {
  return type == SD_BUS_TYPE_ARRAY || type == SD_BUS_TYPE_VARIANT || type == SD_BUS_TYPE_STRUCT ||
         type == SD_BUS_TYPE_DICT_ENTRY;
}

BusValue value_of(char type, const SdBusBasic& basic) noexcept {
  switch (type) {
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_OBJECT_PATH:
    case SD_BUS_TYPE_SIGNATURE:
      return {basic.text, {}};
    case SD_BUS_TYPE_BYTE:
      return {{}, basic.u8};
    case SD_BUS_TYPE_UINT16:
      return {{}, basic.u16};
    case SD_BUS_TYPE_INT16:
      return {{}, unless_negative(basic.i16)};
    case SD_BUS_TYPE_UINT32:
      return {{}, basic.u32};
    case SD_BUS_TYPE_BOOLEAN:
    case SD_BUS_TYPE_INT32:
      return {{}, unless_negative(basic.i32)};
    case SD_BUS_TYPE_UINT64:
      return {{}, basic.u64};
    case SD_BUS_TYPE_INT64:
      return {{}, unless_negative(basic.i64)};
    default:  // a double or a file descriptor: nobody asks for these
      return {};
  }
}

}  // namespace platform

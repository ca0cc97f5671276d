// The functions of libsystemd's sd-bus (sd-bus(3)), loaded when somebody asks for them.
#pragma once
#include <systemd/sd-bus.h>

#include <string>

#include "platform/bus.h"
#include "platform/shared_library.h"

namespace platform {

struct SdBus {
  SharedLibrary file;
  decltype(&::sd_bus_new) make = nullptr;
  decltype(&::sd_bus_set_address) set_address = nullptr;
  decltype(&::sd_bus_set_bus_client) set_bus_client = nullptr;
  decltype(&::sd_bus_start) start = nullptr;
  decltype(&::sd_bus_close) close = nullptr;
  decltype(&::sd_bus_unref) unref = nullptr;
  decltype(&::sd_bus_get_fd) get_fd = nullptr;
  decltype(&::sd_bus_get_events) get_events = nullptr;
  decltype(&::sd_bus_get_timeout) get_timeout = nullptr;
  decltype(&::sd_bus_process) process = nullptr;
  decltype(&::sd_bus_send) send = nullptr;
  decltype(&::sd_bus_message_new_method_call) new_call = nullptr;
  decltype(&::sd_bus_message_append_basic) append = nullptr;
  decltype(&::sd_bus_message_set_auto_start) set_auto_start = nullptr;
  decltype(&::sd_bus_message_unref) unref_message = nullptr;
  decltype(&::sd_bus_message_get_reply_cookie) reply_cookie = nullptr;
  decltype(&::sd_bus_message_get_error) error = nullptr;
  decltype(&::sd_bus_message_peek_type) peek = nullptr;
  decltype(&::sd_bus_message_read_basic) read = nullptr;
  decltype(&::sd_bus_message_enter_container) enter = nullptr;
  decltype(&::sd_bus_message_exit_container) leave = nullptr;

  // Empty once all of them are there, else one line that says what is missing.
  std::string load();

  // Owns a message.
  struct Message {
    const SdBus& library;
    sd_bus_message* message = nullptr;
    explicit Message(const SdBus& from) : library(from) {}
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;
    ~Message() {
      if (message != nullptr) {
        library.unref_message(message);
      }
    }
  };
};

// What sd_bus_message_read_basic() fills in, by type.
union SdBusBasic {
  const char* text;
  std::uint8_t u8;
  std::uint16_t u16;
  std::int16_t i16;
  std::uint32_t u32;
  int i32;  // also of a boolean
  std::uint64_t u64;
  std::int64_t i64;
  double real;
};

BusValue value_of(char type, const SdBusBasic& basic) noexcept;

// An array, a variant, a structure or an entry of a dictionary.
bool is_container(char type) noexcept;

}  // namespace platform

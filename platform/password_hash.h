// Passwords as bcrypt keeps them: "$2b$10$" with 22 characters of salt and 31 of hash (crypt(5)).
#pragma once
#include <string>
#include <string_view>

namespace platform {

// Empty, or what is wrong, without quoting `hash`.
std::string check_bcrypt(std::string_view hash);
// Takes as long as the hash's cost says: 50 to 100 ms at 10, twice that for each one more. `hash` passed
// check_bcrypt().
bool matches_bcrypt(const std::string& password, const std::string& hash);
// A hash that no password matches and that costs as much to find that out.
std::string hopeless_bcrypt(std::string_view like);

}  // namespace platform

// SPDX-License-Identifier: Apache-2.0
// Errors as values. An Error says what failed, on which object, why, and how to mend it;
// Result<T> is a T or an Error and must be looked at. Exceptions are for bugs alone.
#pragma once
#include <concepts>
#include <string>
#include <utility>
#include <variant>

namespace dmev {

enum class ErrorKind {
    failed,        // at run time
    usage,         // the command line is wrong
    unavailable,   // no device-mapper in this kernel, or no daemon where one was asked for
    not_permitted, // a capability or right is missing
    bad_config,    // the configuration is wrong
};

// Where in an input: line and column count from 1; 0 is unknown.
struct Place {
    std::string file;
    int line = 0;
    int column = 0;
};

struct Error {
    ErrorKind kind = ErrorKind::failed;
    std::string what;   // "cannot open recording"
    std::string object; // "/tmp/a.jsonl"
    std::string why;    // "No such file or directory"
    std::string remedy; // "name a file that --record wrote"; may be empty
    Place place{};

    // "FILE:LINE:COLUMN: WHAT OBJECT: WHY; REMEDY", each part only where there is one.
    std::string text() const;
};

// The exit status of the program for an error of this kind.
int exit_status(ErrorKind kind);

// An Error whose why is the text of ERRNO_VALUE.
Error errno_error(std::string what, std::string object, int errno_value);

template <class T = std::monostate>
class [[nodiscard]] Result {
 public:
    Result() requires std::same_as<T, std::monostate>
    = default;
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    // REQUIRES: *this is a value.
    T& operator*() & { return std::get<0>(state_); }
    const T& operator*() const& { return std::get<0>(state_); }
    T&& operator*() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &std::get<0>(state_); }
    const T* operator->() const { return &std::get<0>(state_); }
    // REQUIRES: *this is an error.
    const Error& error() const& { return std::get<1>(state_); }
    Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
    std::variant<T, Error> state_;
};

} // namespace dmev

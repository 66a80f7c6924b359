// SPDX-License-Identifier: Apache-2.0
// The JSON library, for the .cpp files that read JSON; writing is JsonWriter's.
#pragma once
#include <istream> // before the library asks for it below: what follows is meant for the library alone
#include <string>

// It adds to a null pointer where its stack is still empty: harmless, but the sanitizer counts it.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

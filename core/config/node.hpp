// SPDX-License-Identifier: Apache-2.0
// A YAML document as our own values, with the place of each: the rest of the program sees no YAML library.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/diagnostics.hpp"

namespace dmev {

struct Node {
    enum class Kind { null, scalar, list, map };
    Kind kind = Kind::null;
    std::string text;    // of a scalar
    bool quoted = false; // then it is text, whatever it looks like
    bool faulty = false; // its error is told: nothing more is to be said of it
    Place at;
    std::vector<Node> items;     // of a list
    struct Member;               // not a pair, which would want to see all of Node here
    std::vector<Member> members; // of a map, in order; keys are scalars, none twice

    const Node* find(std::string_view key) const;
    const char* kind_name() const; // "a list", ...
};

struct Node::Member {
    Node first, second; // key, value
};

// The one document of TEXT; FILE is for places. Aliases, anchors, tags, a second document, duplicate and
// non-scalar keys, invalid UTF-8, NUL, nesting and sizes beyond reason are errors, as is what the parser
// would let through (an unterminated string). An empty text is null.
Node parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics);

} // namespace dmev

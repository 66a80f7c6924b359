// SPDX-License-Identifier: Apache-2.0
#include "config/node.hpp"

namespace dmev {

const Node* Node::find(std::string_view key) const {
    for (const auto& [name, value] : members)
        if (name.text == key) return &value;
    return nullptr;
}

const char* Node::kind_name() const {
    switch (kind) {
        case Kind::null: return "nothing";
        case Kind::scalar: return "a text";
        case Kind::list: return "a list";
        case Kind::map: return "a map";
    }
    return "nothing";
}

} // namespace dmev

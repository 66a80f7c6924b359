// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "model/catalogue.hpp"

namespace dmev {
namespace {

// What WORD may have been meant as; empty when nothing is near. The family may have been left out.
std::string suggestion(std::string_view word, const Catalogue& catalogue) {
    const auto known = catalogue.words();
    if (const auto guess = nearest(word, known); !guess.empty()) return std::string{guess};
    std::vector<std::string> tails;
    for (const auto& name : known) tails.push_back(name.substr(name.find('.') + 1));
    const auto guess = nearest(word, tails);
    std::string all;
    for (std::size_t i = 0; i < known.size() && !guess.empty(); ++i)
        if (tails[i] == guess) all += (all.empty() ? "" : " or ") + known[i];
    return all;
}

} // namespace

Selection Selection::everything() {
    Selection s;
    s.all_ = true;
    return s;
}

Result<Selection> Selection::parse(std::span<const std::string> words, const Catalogue& catalogue) {
    Selection selection;
    for (const auto& word : words) {
        const auto before = selection.types_.size();
        for (const auto& family : catalogue.families())
            for (const auto& type : family.types)
                if (word == family.name || word == type.name || (!word.empty() && word == type.alias) ||
                    (is_glob(word) && glob_match(word, type.name)))
                    selection.types_.push_back(type.name);
        if (selection.types_.size() > before) continue;
        const auto guess = suggestion(word, catalogue);
        auto remedy = guess.empty() ? "" : "did you mean " + guess + "? ";
        if (word.find(',') != std::string::npos)
            remedy += "event types are words of their own, without commas; ";
        return Error{ErrorKind::usage, "unknown event type", "'" + escape(word) + "'", "",
                     remedy + "dmevent_tool --list-events shows every type"};
    }
    std::sort(selection.types_.begin(), selection.types_.end());
    return selection;
}

bool Selection::wants_type(std::string_view type) const {
    return all_ || std::binary_search(types_.begin(), types_.end(), type);
}

} // namespace dmev

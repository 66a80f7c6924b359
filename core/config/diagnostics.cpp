// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostics.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace dmev {
namespace {

Error told(Place at, std::string what, std::string object, std::string why, std::string remedy) {
    return {ErrorKind::bad_config, std::move(what),   std::move(object),
            std::move(why),        std::move(remedy), std::move(at)};
}

// Files stay in the order in which they were first spoken of: that is the order they are read in.
void by_place(std::vector<Error>& errors) {
    std::map<std::string, std::size_t> files;
    for (const auto& error : errors) files.emplace(error.place.file, files.size());
    std::stable_sort(errors.begin(), errors.end(), [&](const Error& a, const Error& b) {
        return std::tuple{files.at(a.place.file), a.place.line, a.place.column} <
               std::tuple{files.at(b.place.file), b.place.line, b.place.column};
    });
}

} // namespace

void Diagnostics::error(Place at, std::string what, std::string object, std::string why, std::string remedy) {
    errors.push_back(
        told(std::move(at), std::move(what), std::move(object), std::move(why), std::move(remedy)));
}

void Diagnostics::warning(Place at, std::string what, std::string object, std::string why,
                          std::string remedy) {
    warnings.push_back(
        told(std::move(at), std::move(what), std::move(object), std::move(why), std::move(remedy)));
}

void Diagnostics::sort() {
    by_place(errors);
    by_place(warnings);
}

} // namespace dmev

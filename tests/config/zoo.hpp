// SPDX-License-Identifier: Apache-2.0
// Broken configurations, each of which begins with what is said of it, a line for each message:
//   #! 7:3: unknown key 'on_event'; did you mean 'on'?
//   #! warning: 9:5: ...
// first the errors, then the warnings, in the order of their places. The file's own name is left out at the
// front of a message.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "config/diagnostics.hpp"

namespace dmev::zoo {

// What is said of TEXT, which is that of a file called FILE.
using Judge = std::function<Diagnostics(const std::string& text, const std::string& file)>;

inline std::string expected(const std::string& text) {
    std::string lines;
    for (std::size_t at = 0; text.compare(at, 3, "#! ") == 0;) {
        const auto end = text.find('\n', at);
        lines += text.substr(at + 3, end + 1 - (at + 3));
        at = end + 1;
    }
    return lines;
}

inline std::string said(const Diagnostics& diagnostics, const std::string& file) {
    std::string lines;
    const auto add = [&](const std::string& kind, const std::vector<Error>& errors) {
        for (const auto& error : errors) {
            auto text = error.text();
            if (text.starts_with(file + ":")) text.erase(0, file.size() + 1);
            lines += kind + text.substr(text.starts_with(' ') ? 1 : 0) + "\n";
        }
    };
    add("", diagnostics.errors);
    add("warning: ", diagnostics.warnings);
    return lines;
}

// Shows every file of FOLDER to JUDGE, who must say what the file says of itself. Gives how many there were.
inline std::size_t walk(const std::filesystem::path& folder, const Judge& judge) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{folder})
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& path : files) {
        std::ifstream stream{path, std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{stream}, {}};
        const auto file = path.filename().native();
        const auto messages = expected(text);
        EXPECT_NE(messages, "") << file << " does not say what is wrong with it";
        EXPECT_EQ(said(judge(text, file), file), messages) << file;
    }
    return files.size();
}

} // namespace dmev::zoo

// SPDX-License-Identifier: Apache-2.0
#include "plugin/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <boost/dll/shared_library.hpp>
#include <exception>

namespace dmev {
namespace {

constexpr const char* kEntry = "dmevent_plugin_entry";

Error refused(const std::filesystem::path& file, std::string why, std::string remedy) {
    return {ErrorKind::failed, "plugin refused", file, std::move(why), std::move(remedy)};
}

// What the dynamic linker has to say; it begins with the file's name, which our error gives already.
std::string linker_says(const std::filesystem::path& file) {
    const char* text = ::dlerror();
    std::string why = text ? text : "the dynamic linker gives no reason";
    if (const auto prefix = file.native() + ": "; why.starts_with(prefix)) why.erase(0, prefix.size());
    return why;
}

} // namespace

Result<Plugin> open_library(const std::filesystem::path& file) {
    using boost::dll::load_mode::rtld_local, boost::dll::load_mode::rtld_now;
    const auto library = std::make_shared<boost::dll::shared_library>();
    try {
        std::error_code ec; // says EBADF whatever happened
        library->load(file, ec, rtld_now | rtld_local);
    } catch (const std::exception& e) {
        return refused(file, fmt::format("an exception left its constructors: {}", e.what()),
                       "this is for the plugin's author to mend");
    } catch (...) {
        return refused(file, "an exception left its constructors", "this is for the plugin's author to mend");
    }
    if (!library->is_loaded())
        return refused(file, linker_says(file),
                       "install what it needs, or rebuild it with everything linked in");
    if (!library->has(kEntry))
        return refused(
            file, fmt::format("it exports no {}", kEntry),
            "if it is a plugin, link it with the version script of dmevent-plugin.pc; else remove it");
    return Plugin::adopt(&library->get<const dmevent_plugin>(kEntry), file, library);
}

} // namespace dmev

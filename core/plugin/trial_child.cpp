// SPDX-License-Identifier: Apache-2.0
#include "plugin/trial_child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <string>

#include "base/io.hpp"
#include "plugin/library.hpp"

namespace dmev::trial {
namespace {

constexpr int kReport = 3; // a fixed number, so that the terminate handler knows it

void tell(std::string_view what) {
    if (!write_whole(kReport, what)) _exit(1); // nobody listens any more
}

[[noreturn]] void refuse(std::string_view why, std::string_view remedy) {
    std::string message{kRefused};
    message.append(why.substr(0, kLongest / 2)).push_back('\0');
    message.append(remedy.substr(0, kLongest / 4));
    tell(message);
    _exit(1);
}

// An exception that met a frame which lets none through: its text is still to be had here.
[[noreturn]] void on_terminate() {
    constexpr const char* kRemedy = "this is for the plugin's author to mend";
    try {
        if (const auto flying = std::current_exception()) std::rethrow_exception(flying);
    } catch (const std::exception& e) {
        refuse(std::string{"it ended the program by an exception: "} + e.what(), kRemedy);
    } catch (...) {
    }
    refuse("it ended the program by std::terminate", kRemedy);
}

void cut_off(int report) {
    setpgid(0, 0); // what it starts ends with it
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0); // the limit alone does not keep a core_pattern program from being run
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, nullptr);
    dup2(report, kReport);
    const int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < kReport; ++fd)
        if (fd != null) dup2(null, fd);
    closefrom(kReport + 1);
}

void refuse_a_fault(const char* what, const Said& said) {
    if (said.outcome != Said::Outcome::fault) return;
    refuse(std::string{"its "} + what + " failed on a first try: " + said.because,
           "this is for the plugin's author to mend");
}

// Next to nothing, which every parser must bear: no text at all, and text that is no status.
void call(const Plugin& plugin) {
    const DeviceId device{"trial", "", {0, 0}, std::nullopt};
    for (const auto& claim : plugin.family().claims) {
        const TargetView empty{&device, 0, 0, 8, claim.target, "", ""};
        const TargetView odd{&device, 0, 0, 8, claim.target, "?", "?"};
        refuse_a_fault("look", plugin.look(nullptr, empty));
        refuse_a_fault("look", plugin.look(&empty, odd));
        if (plugin.has_uevent()) refuse_a_fault("uevent", plugin.uevent(empty, {}));
    }
}

} // namespace

void run(const std::filesystem::path& file, int report) {
    cut_off(report);
    std::set_terminate(on_terminate);
    {
        const auto plugin = open_library(file);
        if (!plugin) refuse(plugin.error().why, plugin.error().remedy);
        tell({&kLoaded, 1});
        call(*plugin);
        tell({&kCalled, 1});
    }
    tell({&kUnloaded, 1});
    _exit(0);
}

} // namespace dmev::trial

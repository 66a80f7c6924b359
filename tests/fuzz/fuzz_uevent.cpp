// SPDX-License-Identifier: Apache-2.0
// A netlink datagram, and the whole way of what it says through the engine.
#include "engine/engine.hpp"
#include "fakes/toy_plugin.hpp"
#include "input.hpp"
#include "source/netlink.hpp"

using namespace dmev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto uevent = parse_uevent(view(data, size));
    if (!uevent) return 0;
    (void)uevent_device(*uevent);
    (void)uevent_diskseq(*uevent);
    Catalogue catalogue;
    const std::vector<Plugin> plugins{toy::plugin()};
    catalogue.add(plugins[0].family());
    Engine engine{catalogue, plugins, {}, [](Event&&) {}};
    engine.observe({Time{}, *std::move(uevent)});
    engine.finish();
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Prints every kind of JSON line there is, for check_schema.py.
#include <cstdio>

#include "output/output.hpp"
#include "output/samples.hpp"

int main() {
    using namespace dmev;
    const auto out = json_output([](std::string&& lines) { std::fputs(lines.c_str(), stdout); });
    for (const auto& event : {test::low_water(), test::path_failed(), test::hostile(), test::overrun()})
        out->event(event);
    for (const auto& decision : {test::decision(), test::waiting()}) out->decision(decision);
    out->devices(test::devices());
    Catalogue catalogue;
    catalogue.add(test::thin_family());
    out->catalogue(catalogue);
}

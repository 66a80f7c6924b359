// SPDX-License-Identifier: Apache-2.0
#include "model/decision.hpp"

namespace dmev {

const char* decision_name(Decision::What what) {
    switch (what) {
        case Decision::What::fires: return "fires";
        case Decision::What::waits: return "waits";
        case Decision::What::no: return "no";
    }
    return "";
}

} // namespace dmev

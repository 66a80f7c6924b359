// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_claim claims[] = {{"claims_twice", 0}, {"claims_twice", DMEVENT_TABLE}};
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.claims = claims, entry.n_claims = 2; }));

// SPDX-License-Identifier: Apache-2.0
#include "zoo.hpp"

constexpr dmevent_claim claims[] = {{"target_taken", 0}, {"sound", 0}};
ZOO_ANIMAL(zoo::broken([](auto& entry) { entry.claims = claims, entry.n_claims = 2; }));

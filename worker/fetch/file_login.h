// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_FILE_LOGIN_H_
#define KSO_WORKER_FETCH_FILE_LOGIN_H_

#include <string>

#include "worker/task/task_control.h"

namespace kso::worker {

// Returns whether a task may have a login of this machine used for the file at
// `url`, as far as its build is concerned.
bool MayLogIn(const TaskControl& control, const std::string& url);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_FILE_LOGIN_H_

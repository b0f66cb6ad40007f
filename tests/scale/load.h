// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_SCALE_LOAD_H_
#define KSO_TESTS_SCALE_LOAD_H_

#include "kso/v1/build.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::scale {

// Made-up builds, and the work that workers would have done for them.

// A plan of a release of so many files. Its tasks are one for each file, one
// for the base image, which all builds share, and nothing after these.
v1::SubmitBuildRequest MakeBuild(int number, int files);

// Returns whether the task is one of its build that keeps the build from
// ending, until its worker is told to end those too.
bool IsLast(const v1::Task& task);

// The result that a worker would report.
v1::TaskResult ResultOf(const v1::Task& task);

}  // namespace kso::scale

#endif  // KSO_TESTS_SCALE_LOAD_H_

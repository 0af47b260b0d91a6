#pragma once

#include "passes/pass.h"

namespace headway {

// Every rewrite, one file each; pipeline.cpp owns their order.

extern const Pass kInlineBranches;
extern const Pass kWidenHalves;
extern const Pass kExpandEinsum;
extern const Pass kSplitGemm;
extern const Pass kFoldConstants;
extern const Pass kRemoveNoOp;
extern const Pass kTransposeToReshape;
extern const Pass kFoldPad;
extern const Pass kTrimKernel;
extern const Pass kFoldBatchNorm;
extern const Pass kFoldScale;
extern const Pass kRecognizeLayerNorm;
extern const Pass kRecognizeGelu;
extern const Pass kRecognizeSilu;
extern const Pass kRecognizeHardSwish;
extern const Pass kRecognizeQuantized;
extern const Pass kFuseBias;
extern const Pass kHoistReshape;
extern const Pass kFuseAttention;
extern const Pass kAbsorbTranspose;
extern const Pass kFuseResidual;
extern const Pass kFuseActivation;

}  // namespace headway

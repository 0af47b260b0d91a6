"""Writes those of ONNX's tests as files that its releases only have programs for, by the installed `onnx`.

    onnx_generated_tests.py OUTPUT      writes OUTPUT/node (single operators) and OUTPUT/real (whole networks
                                        with made-up weights), each with <case>/{model.onnx,test_data_set_0}
"""

import argparse
import json
import os
import shutil
import sys
import warnings

import onnx
import onnx.backend.test.cmd_tools as generator
from onnx.backend.test.loader import load_model_tests, load_node_model_tests
from onnx.backend.test.runner import Runner


def write_networks(folder):
    """What ONNX's own runner does with them: one input that counts up, and the output that lies beside the model."""
    here = os.path.dirname(generator.__file__)
    for case in load_model_tests(kind="real"):
        model = os.path.join(here, "data", "light", os.path.basename(case.url))
        target = os.path.join(folder, case.name)
        data = os.path.join(target, "test_data_set_0")
        os.makedirs(data)
        shutil.copy(model, os.path.join(target, "model.onnx"))
        graph = onnx.load(model).graph
        weights = {tensor.name for tensor in graph.initializer}
        inputs = [value for value in graph.input if value.name not in weights]
        for index, value in enumerate(inputs):
            tensor = onnx.numpy_helper.from_array(Runner.generate_dummy_data(value), value.name)
            onnx.save_tensor(tensor, os.path.join(data, f"input_{index}.pb"))
        shutil.copy(model.removesuffix(".onnx") + "_output_0.pb", os.path.join(data, "output_0.pb"))
        with open(os.path.join(target, "data.json"), "w") as file:
            json.dump({"rtol": case.rtol, "atol": case.atol}, file)


def main():
    # The generator computes infinities on purpose.
    warnings.simplefilter("ignore")
    generator.model_test.collect_testcases = load_node_model_tests
    generator.generate_data(argparse.Namespace(output=sys.argv[1]))
    write_networks(os.path.join(sys.argv[1], "real"))


main()

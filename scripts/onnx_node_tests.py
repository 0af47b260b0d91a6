"""Writes ONNX's tests of single operators as files, by the generator inside the installed `onnx`.

    onnx_node_tests.py OUTPUT      writes OUTPUT/node/<case>/{model.onnx,test_data_set_*}
"""

import argparse
import sys
import warnings

import onnx.backend.test.cmd_tools as generator
from onnx.backend.test.loader import load_node_model_tests

# The generator computes infinities on purpose.
warnings.simplefilter("ignore")
generator.model_test.collect_testcases = load_node_model_tests
generator.generate_data(argparse.Namespace(output=sys.argv[1]))

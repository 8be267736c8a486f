"""tf2onnx's command line, which says at its end what memory the process took at its peak, in kB."""
import atexit
import resource
import runpy
import sys

atexit.register(lambda: print(f'peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}', file=sys.stderr))
runpy.run_module('tf2onnx.convert', run_name='__main__', alter_sys=True)

"""The WSGI application of whichever process RECOUPE_PROCESS names."""

import sys

from django.core.wsgi import get_wsgi_application

from recoupe.config.safety import refuse_server
from recoupe.config.warm import compile_pages, give_back, settle

application = get_wsgi_application()
refuse_server(sys.argv)
compile_pages()
give_back()
settle()

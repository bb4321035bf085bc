"""The WSGI application of whichever process RECOUPE_PROCESS names."""

from django.core.wsgi import get_wsgi_application

from recoupe.config.safety import refuse_settings
from recoupe.config.warm import compile_pages

application = get_wsgi_application()
refuse_settings()
compile_pages()

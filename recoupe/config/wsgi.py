"""The WSGI application of whichever process RECOUPE_PROCESS names."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

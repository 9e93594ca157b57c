# The studio on a CPU, as a user without rights, for whoever brings the token:
#
#   docker build -t mien .
#   docker run -e MIEN_WEB_TOKEN="$(openssl rand -hex 16)" -p 127.0.0.1:7860:7860 mien
#
# and open the address that it prints. MIEN_WEB_AUTH=NAME:PASSWORD does as well. Behind a proxy that
# has a name of its own, add: --name studio.example.org. With -v mien:/home/mien/.cache/mien before
# the image's name, compiled networks outlast the container.
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 mien
WORKDIR /opt/mien

# torch without CUDA first: it is by far the largest layer, and changes seldom. What it needs comes
# with mien from PyPI: its own index has few versions of others.
COPY constraints.txt ./
RUN pip install --no-cache-dir --no-deps -c constraints.txt torch \
    --index-url https://download.pytorch.org/whl/cpu
COPY pyproject.toml README.md LICENSE NOTICE.md ./
COPY src src
RUN pip install --no-cache-dir -c constraints.txt '.[fast,heic,video,web]'

USER mien
WORKDIR /home/mien
# A volume that is mounted here belongs to this user too.
RUN mkdir -p .cache/mien
# The page is rendered once here, so that a container's first start serves it at once too; an image
# whose server does not come up is not built.
RUN MIEN_WEB_TOKEN=for-the-build timeout 300 sh -c 'mien web --host 0.0.0.0 & \
    until ls .cache/mien/pages/*.json >/dev/null 2>&1; do sleep 1; done; kill $!'
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
ENTRYPOINT ["mien", "web", "--host", "0.0.0.0"]

# syntax=docker/dockerfile:1
# The GPU function on any GPU with a Vulkan driver, by ONNX Runtime's WebGPU provider: everything comes with npm and Debian, nothing of CUDA.
#   docker build -f deploy/gpu-function/vulkan.Dockerfile -t detl-vulkan .
# NVIDIA (its container toolkit brings the driver, for which NVIDIA_DRIVER_CAPABILITIES below asks):
#   docker run --rm --gpus all --read-only --tmpfs /tmp -p 8001:8001 \
#     -e DETL_SIGNING_KEYS="edge:$(openssl rand -base64 32)" detl-vulkan
# Intel and AMD (Mesa's drivers in the image, the device from the host):
#   docker build -f deploy/gpu-function/vulkan.Dockerfile --build-arg DRIVERS=mesa-vulkan-drivers -t detl-vulkan .
#   docker run --rm --device /dev/dri --group-add "$(stat -c %g /dev/dri/renderD128)" --read-only --tmpfs /tmp -p 8001:8001 \
#     -e DETL_SIGNING_KEYS="edge:$(openssl rand -base64 32)" detl-vulkan
# Not run on a GPU, and not built where it was written (no container engine there): checked by test/gpu-function/deploy.test.ts.

FROM node:22.23-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npm ci
RUN node deploy/gpu-function/bundle.ts /app/dist \
    && mkdir -p /app/node_modules \
    && cp -r node_modules/onnxruntime-node node_modules/onnxruntime-common node_modules/webgpu /app/node_modules/ \
    && find /app/node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 2 ! -name linux -exec rm -r {} + \
    && find /app/node_modules/webgpu/dist -mindepth 1 -maxdepth 1 ! -name 'linux-*' -exec rm -r {} + \
    && echo '{"type":"module"}' > /app/package.json

FROM node:22.23-bookworm-slim
# The loader, and what NVIDIA's driver library links to. `DRIVERS`: packages of a driver that the host does not bring.
ARG DRIVERS=
RUN apt-get update \
    && apt-get install -y --no-install-recommends libvulkan1 libegl1 libxext6 $DRIVERS \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /app
# In the image, so that a start needs no other store; a mounted /models takes its place.
COPY models /models
WORKDIR /app
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8001 \
    MODELS_DIR=/models \
    DETL_DRAIN_GRACE_MS=2000 \
    DETL_PROVIDER=webgpu \
    XDG_RUNTIME_DIR=/tmp \
    NVIDIA_DRIVER_CAPABILITIES=graphics,utility
USER 10001:10001
EXPOSE 8001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=2s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/v2/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]

# The one place for the versions of the stand-in's programs; profiles/lab-cluster.yaml names the same.
go_version=1.26.8
kubernetes_version=v1.34.4
etcd_version=v3.6.15
etcd_image_tag=3.6.5-0      # what kubeadm of this version asks for; the program in it is etcd_version
coredns_version=v1.12.1
crictl_version=v1.34.0
helm_version=v3.19.5
argo_version=v3.6.10
flannel_version=v0.26.7
flannel_plugin_version=v0.9.1  # the last with this plugin in it
cni_plugins_version=v1.6.2
cri_dockerd_version=v0.4.3
pause_image_tag=3.10.1
nvidia_toolkit_version=v1.17.8
nvidia_device_plugin_version=v0.17.4

# SPDX-License-Identifier: Apache-2.0
<#
.SYNOPSIS
Builds kubespray-files for amd64 and arm64 on a farm of kso.
.DESCRIPTION
Runs build-multiarch-files.sh beside it in the Windows Subsystem for Linux, where
ksoctl for Linux is. Nothing is compiled or emulated here: the farm does it.
.PARAMETER Release
The directory with release.yaml.
.PARAMETER Registry
Where the image goes, HOST/PATH. Default: what release.yaml says.
.PARAMETER Version
The image's tag. Default: what release.yaml says.
.PARAMETER Platforms
Such as linux/amd64,linux/arm64. Default: what release.yaml says.
.PARAMETER NoPush
Write the image to an OCI archive, kubespray-files.tar, instead.
#>
param(
    [string]$Release = (Join-Path $PSScriptRoot '../releases/kubespray-2.25.1'),
    [string]$Registry = $env:REGISTRY,
    [string]$Version = $env:VERSION,
    [string]$Platforms = $env:PLATFORMS,
    [switch]$NoPush
)
$ErrorActionPreference = 'Stop'

if (-not (Get-Command wsl.exe -ErrorAction SilentlyContinue)) {
    Write-Error 'ksoctl runs on Linux: install the Windows Subsystem for Linux (wsl --install), and ksoctl in it'
    exit 2
}
function ConvertTo-LinuxPath([string]$Path) {
    (& wsl.exe wslpath -a ($Path -replace '\\', '/')).Trim()
}

$script = ConvertTo-LinuxPath (Join-Path $PSScriptRoot 'build-multiarch-files.sh')
$arguments = @($script)
if ($Registry) { $arguments += '--registry', $Registry }
if ($Version) { $arguments += '--version', $Version }
if ($Platforms) { $arguments += '--platforms', $Platforms }
if ($NoPush) { $arguments += '--no-push' }
$arguments += ConvertTo-LinuxPath $Release
& wsl.exe bash @arguments
exit $LASTEXITCODE

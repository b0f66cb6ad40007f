# SPDX-License-Identifier: Apache-2.0
<#
.SYNOPSIS
Builds kubespray-files for amd64 and arm64 on a farm of kso.
.DESCRIPTION
What the script of this name did with wget and emulated buildx, done by kso. The
release is sent to a coordinator over its HTTP API by submit.ps1; nothing is
compiled or emulated on this machine.
.PARAMETER Release
The directory with release.yaml.
.PARAMETER Coordinator
The address of the coordinator's page, such as https://kso.example.com:7071.
Default: $env:KSO_HTTP.
.PARAMETER Registry
Where the image goes, HOST/PATH. Default: what release.yaml says.
.PARAMETER Version
The image's tag. Default: what release.yaml says.
.PARAMETER Platforms
Such as linux/amd64,linux/arm64. Default: what release.yaml says.
#>
param(
    [string]$Release = (Join-Path $PSScriptRoot '../releases/kubespray-2.25.1'),
    [string]$Coordinator = $env:KSO_HTTP,
    [string]$Registry = $env:REGISTRY,
    [string]$Version = $env:VERSION,
    [string]$Platforms = $env:PLATFORMS
)
$ErrorActionPreference = 'Stop'

$source = Join-Path $Release 'release.yaml'
if (-not (Test-Path $source)) {
    Write-Error "$Release has no release.yaml"
    exit 2
}
$work = Join-Path ([IO.Path]::GetTempPath()) ([Guid]::NewGuid())
Copy-Item -Recurse $Release $work
try {
    $given = @{}
    if ($Registry) { $given['destination'] = "docker://$Registry" }
    if ($Version) { $given['name'] = $Version }
    if ($Platforms) { $given['platforms'] = "[$Platforms]" }
    $dropping = $false
    $lines = foreach ($line in Get-Content $source) {
        if ($line -match '^([A-Za-z]+):') {
            $dropping = ($Matches[1] -eq 'images') -or $given.ContainsKey($Matches[1])
        }
        if (-not $dropping) { $line }
    }
    foreach ($key in $given.Keys) { $lines += "${key}: $($given[$key])" }
    Set-Content -Path (Join-Path $work 'release.yaml') -Value $lines
    & (Join-Path $PSScriptRoot 'submit.ps1') -Release $work -Coordinator $Coordinator -Wait
    exit $LASTEXITCODE
} finally {
    Remove-Item -Recurse -Force $work
}

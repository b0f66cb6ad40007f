# SPDX-License-Identifier: Apache-2.0
<#
.SYNOPSIS
Submits a release to a farm of kso from Windows, by the coordinator's HTTP API.
.DESCRIPTION
Needs PowerShell alone, 5.1 or later. Exit status, as that of ksoctl: 0 done, 1 the
build failed, 2 usage or bad input, 3 the coordinator is not reachable, 4 not allowed.
The coordinator speaks TLS 1.3 alone: Windows 11, Windows Server 2022 or later have it.
Its authority's certificate must be among the trusted ones of this machine:
Import-Certificate -FilePath ca.crt -CertStoreLocation Cert:\CurrentUser\Root
.PARAMETER File
The release.yaml; the lists that it names are sent, too.
.PARAMETER Coordinator
The coordinator's HTTP address, such as https://farm.example.com:7071. Default:
KSO_API, or http://127.0.0.1:7071.
.PARAMETER TokenFile
A file with your token. Default: the token in KSO_TOKEN.
.PARAMETER CertificateThumbprint
Your certificate in Cert:\CurrentUser\My, to prove who you are.
.PARAMETER Wait
Follow the build to its end.
.PARAMETER Plan
Only say what would be fetched and pushed; waits.
.PARAMETER Id
The build's id, of a-z, 0-9 and -. Submitting the same id again starts nothing new.
.PARAMETER Priority
From -100 to 100; 10 more is twice the share.
.PARAMETER Fresh
Take nothing over from earlier builds.
.PARAMETER Output
text, or json: the build as /api/v1/builds/ID has it.
.PARAMETER Quiet
Print results and errors only.
.PARAMETER InsecurePlaintext
Speak to another machine without TLS: whoever is on the network reads and changes
everything, your token too.
#>
param(
    [string]$File,
    [string]$Coordinator = $env:KSO_API,
    [string]$TokenFile,
    [string]$CertificateThumbprint,
    [switch]$Wait,
    [switch]$Plan,
    [string]$Id,
    [string]$Priority,
    [switch]$Fresh,
    [string]$Output = 'text',
    [switch]$Quiet,
    [switch]$InsecurePlaintext
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 2

# A text of the coordinator's as a terminal may have it: without control characters
# but line feeds, and without marks that turn the direction of writing.
function Get-Printable([string]$Text) {
    $Text -replace '[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]', ' '
}
function Stop-Script([int]$Status, [string]$Reason) {
    [Console]::Error.WriteLine((Get-Printable "submit.ps1: $Reason"))
    exit $Status
}
function Write-Note([string]$Text) {
    if (-not $Quiet) { [Console]::Error.WriteLine((Get-Printable $Text)) }
}
# A member of an answer, or a default where it is absent.
function Get-Value($Object, [string]$Name, $Default = '') {
    if ($Object -and $Object.PSObject.Properties[$Name]) { return $Object.$Name }
    return $Default
}

if (-not $File) { Stop-Script 2 'name the release.yaml: -File FILE' }
if (-not (Test-Path -LiteralPath $File -PathType Leaf)) { Stop-Script 2 "there is no file $File" }
if (@('text', 'json') -notcontains $Output) { Stop-Script 2 '-Output is text or json' }
if (-not $Coordinator) { $Coordinator = 'http://127.0.0.1:7071' }
$Coordinator = $Coordinator.TrimEnd('/')
if ($Coordinator -notmatch '^https?://[^/]+$') {
    Stop-Script 2 "the coordinator's address is http://HOST:PORT or https://HOST:PORT, not '$Coordinator'"
}
$isLocal = $Coordinator -match '^http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?$'
if ($Coordinator.StartsWith('http://') -and -not $isLocal -and -not $InsecurePlaintext) {
    Stop-Script 2 "$Coordinator is not encrypted, and whoever is on the network reads what is sent; use https://, or say -InsecurePlaintext"
}

$token = $env:KSO_TOKEN
if ($CertificateThumbprint) { $token = '' }
if ($TokenFile) {
    if (-not (Test-Path -LiteralPath $TokenFile -PathType Leaf)) {
        Stop-Script 2 "the token's file $TokenFile cannot be read"
    }
    $token = [IO.File]::ReadAllText((Resolve-Path -LiteralPath $TokenFile).ProviderPath).Trim()
}
if ($token -and $token -notmatch '^[A-Za-z0-9._~+/=-]+$') {
    Stop-Script 2 'this is no token: it has other signs than letters, digits and ._~+/=-'
}

# Windows PowerShell leaves TLS 1.3 out unless it is asked for.
if ($PSVersionTable.PSVersion.Major -lt 6) {
    $protocols = [Net.SecurityProtocolType](12288 -bor 3072)
    [Net.ServicePointManager]::SecurityProtocol = $protocols
    [Net.ServicePointManager]::Expect100Continue = $false
}

# Asks the coordinator: an object with Status, which is 0 when there is no answer,
# Body, and Reason.
function Invoke-Api([string]$Method, [string]$Path, $Body, [string]$ContentType) {
    $headers = @{ 'X-Kso-Action' = '1' }
    if ($token) { $headers['Authorization'] = "Bearer $token" }
    $request = @{ Uri = "$Coordinator$Path"; Method = $Method; Headers = $headers; TimeoutSec = 300 }
    if ($CertificateThumbprint) { $request['CertificateThumbprint'] = $CertificateThumbprint }
    if ($null -ne $Body) {
        $request['Body'] = $Body
        $request['ContentType'] = $ContentType
    }
    try {
        $answer = Invoke-RestMethod @request
        return [pscustomobject]@{ Status = 200; Body = $answer; Reason = '' }
    } catch {
        $failure = $_
        $status = 0
        if ($failure.Exception.PSObject.Properties['Response'] -and $failure.Exception.Response) {
            $status = [int]$failure.Exception.Response.StatusCode
        }
        $text = ''
        if ($failure.ErrorDetails) { $text = $failure.ErrorDetails.Message }
        if (-not $text -and $status -ne 0 -and $failure.Exception.Response.PSObject.Methods['GetResponseStream']) {
            $reader = New-Object IO.StreamReader($failure.Exception.Response.GetResponseStream())
            $text = $reader.ReadToEnd()
        }
        $reason = $failure.Exception.Message
        try {
            $problem = ConvertFrom-Json $text
            $lines = Get-Value $problem 'problems' @()
            $reason = if (@($lines).Count) { $lines -join "`n" } else { Get-Value $problem 'detail' $reason }
        } catch {
            Write-Verbose 'the answer is no problem in JSON'
        }
        return [pscustomobject]@{ Status = $status; Body = $null; Reason = $reason }
    }
}

# Ends the script by an answer that is no success.
function Stop-Refused($Answer) {
    switch ($Answer.Status) {
        0 { Stop-Script 3 "the coordinator at $Coordinator is not reachable: $($Answer.Reason)" }
        { $_ -in 401, 403 } { Stop-Script 4 $Answer.Reason }
        { $_ -in 408, 502, 503, 504 } { Stop-Script 3 $Answer.Reason }
        { $_ -ge 300 -and $_ -lt 500 -and $_ -ne 429 } { Stop-Script 2 $Answer.Reason }
    }
    Stop-Script 1 $Answer.Reason
}

# The form (RFC 7578), as bytes: files go as they are.
$boundary = 'kso-' + [Guid]::NewGuid().ToString('N')
$form = New-Object IO.MemoryStream
function Add-Bytes([byte[]]$Bytes) { $form.Write($Bytes, 0, $Bytes.Length) }
function Add-Text([string]$Text) { Add-Bytes ([Text.Encoding]::UTF8.GetBytes($Text)) }
function Add-Field([string]$Name, [string]$Value) {
    Add-Text "--$boundary`r`nContent-Disposition: form-data; name=`"$Name`"`r`n`r`n$Value`r`n"
}
function Add-File([string]$Name, [string]$FileName, [string]$Path) {
    $quoted = $FileName -replace '(["\\])', '\$1'
    Add-Text "--$boundary`r`nContent-Disposition: form-data; name=`"$Name`"; filename=`"$quoted`"`r`n`r`n"
    Add-Bytes ([IO.File]::ReadAllBytes($Path))
    Add-Text "`r`n"
}

$path = (Resolve-Path -LiteralPath $File).ProviderPath
$directory = Split-Path -Parent $path
if (-not $Id) {
    $Id = [DateTime]::UtcNow.ToString('yyyyMMdd-HHmmss-') + [Guid]::NewGuid().ToString('N').Substring(0, 8)
}
Add-Field 'buildId' $Id
Add-File 'release' (Split-Path -Leaf $path) $path
# The words of the release.yaml that are files beside it: its lists. Names with
# blanks or commas are not found; ksoctl sends those.
$text = [IO.File]::ReadAllText($path) -replace '(?m)(^|\s)#.*$', ''
foreach ($name in @($text -split '[\]\[{},"''\s]+' | Sort-Object -Unique)) {
    if (-not $name -or $name -match '[:*?<>|]' -or $name -eq (Split-Path -Leaf $path)) { continue }
    $list = Join-Path $directory $name
    if (Test-Path -LiteralPath $list -PathType Leaf) { Add-File 'file' $name $list }
}
if ($Plan) { Add-Field 'planOnly' 'true' }
if ($Fresh) { Add-Field 'fresh' 'true' }
if ($Priority) { Add-Field 'priority' $Priority }
Add-Text "--$boundary--`r`n"

# The same id makes one build, however often it is sent.
for ($left = 4; ; --$left) {
    $answer = Invoke-Api 'POST' '/api/v1/builds' $form.ToArray() "multipart/form-data; boundary=$boundary"
    if ($answer.Status -ne 0 -or $left -eq 1) { break }
    Start-Sleep -Seconds 1
}
if ($answer.Status -ne 200) { Stop-Refused $answer }
$build = $answer.Body
# An equal build that runs already is the answer, under its own id.
if ($build.id -ne $Id) { Write-Note "Joined build $($build.id): the same request was submitted before, and still runs." }
if (-not ($Wait -or $Plan)) {
    if ($Output -eq 'json') {
        ConvertTo-Json $build -Depth 32
    } elseif ($Quiet) {
        Get-Printable $build.id
    } else {
        Get-Printable "Submitted build $($build.id).`nFollow it at $Coordinator/#/builds/$($build.id)"
    }
    exit 0
}

Write-Note "Build $($build.id). Interrupting this leaves it running."
$seen = 0
$lost = 0
# A coordinator that starts again is there in a while.
while ($true) {
    do {
        $page = Invoke-Api 'GET' "/api/v1/builds/$($build.id)/logs?limit=1000&after=$seen"
        if ($page.Status -ne 200) { break }
        foreach ($line in $page.Body.items) { Write-Note $line.text }
        $more = Get-Value $page.Body 'nextAfter' 0
        $seen = if ($more) { $more } else { $page.Body.lastSequence }
    } while ($more)
    $answer = Invoke-Api 'GET' "/api/v1/builds/$($build.id)"
    if ($answer.Status -eq 200) {
        $lost = 0
        $build = $answer.Body
        if ($build.state -ne 'running') { break }
    } elseif ($answer.Status -ge 300 -and $answer.Status -lt 500) {
        Stop-Refused $answer
    } elseif (++$lost -ge 30) {
        Stop-Refused $answer
    }
    Start-Sleep -Seconds 2
}

if ($Output -eq 'json') {
    ConvertTo-Json $build -Depth 32
} elseif ($build.state -eq 'succeeded' -and $Plan) {
    $planned = $build.plan
    "$($planned.fileCount) files, $($planned.imageCount) images, $($planned.layerCount) layers, of which $($planned.layersReused) are there"
    "to fetch: $(Get-Value $planned 'bytesToFetch' 'unknown') bytes"
    "to push: $(Get-Value $planned 'bytesToPush' 'unknown') bytes at most"
} elseif ($build.state -eq 'succeeded') {
    Get-Printable "Build $($build.id) succeeded."
    foreach ($image in $build.images) {
        foreach ($tag in $image.tags) { Get-Printable "$($image.repository):$tag" }
        Get-Printable "    digest  $($image.digest)"
    }
} else {
    Get-Printable "Build $($build.id): $($build.state)"
    foreach ($failure in $build.failures) {
        $location = Get-Value $failure 'location'
        if ($location) { $location = " ($location)" }
        Get-Printable "- $($failure.item)$location`n    why:  $($failure.reason)"
        $advice = Get-Value $failure 'advice'
        if ($advice) { Get-Printable "    do:   $advice" }
    }
}
if ($build.state -eq 'succeeded') { exit 0 }
exit 1

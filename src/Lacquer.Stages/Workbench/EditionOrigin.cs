using System.Net;
using System.Net.Http.Headers;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Workbench;

/// <summary>
/// Where an edition is read from: an address (<c>https://…/editions/000001/</c>) or a folder. Volumes lie beside it, at <c>../../volumes/</c>. Nothing that comes from here is believed before its
/// hash is checked; every read is bounded by the length expected.
/// </summary>
public sealed class EditionOrigin : IDisposable
{
    private const int Attempts = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly HttpClient? _http;
    private Uri _base;

    private EditionOrigin(Uri address, HttpClient? http)
    {
        _base = address;
        _http = http;
    }

    /// <summary>The edition's address, ending in <c>/</c>.</summary>
    public string Address => _base.IsFile ? _base.LocalPath : _base.ToString();

    /// <summary>Whether it is a folder here, and not at an address.</summary>
    public bool IsFolder => _http is null;

    /// <summary>Finds an edition by what a person types: its address, an archive's address, its folder or an archive's folder.</summary>
    /// <exception cref="LacquerException">There is none.</exception>
    public static async Task<EditionOrigin> FindAsync(string text, CancellationToken stop)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        {
            if (!string.IsNullOrEmpty(uri.UserInfo))
                throw new LacquerException(Failure.Usage, "an address with a password in it is not taken: it would stand in the ledger", "leave the part before @ out");
#pragma warning disable CA2000 // the origin disposes of it
            var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = TimeSpan.FromSeconds(20), MaxConnectionsPerServer = 8, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };
#pragma warning restore CA2000
            http.DefaultRequestHeaders.UserAgent.ParseAdd(Agent.Name);
            var address = text.EndsWith(Manifest.FileName, StringComparison.Ordinal) ? new Uri(uri, ".") : WithSlash(uri);
            foreach (var candidate in new[] { address, new Uri(address, "editions/latest/"), new Uri(address, "latest/") })
                if (await ResolveAsync(http, candidate, stop).ConfigureAwait(false) is { } found)
                    return new EditionOrigin(found, http);
            http.Dispose();
            throw new LacquerException(Failure.Missing, $"no edition at {text}", "name the address of an edition's folder, such as https://example.org/editions/latest");
        }

        // The remembered address ends in a slash; with two of them ../../volumes would be one folder short.
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(text));
        var edition = File.Exists(Path.Combine(folder, Manifest.FileName)) ? folder : new ArchiveLayout(folder).NewestEdition();
        return edition is null
            ? throw new LacquerException(Failure.Missing, $"no edition at {folder}", "name an edition's folder, an archive's folder, or an address")
            : new EditionOrigin(FolderUri(edition), null);
    }

    /// <summary>Goes on reading from the edition's own folder, where it was found as <c>latest</c>: that may be another one soon.</summary>
    public void Pin(string edition)
    {
        if (_base.AbsolutePath.EndsWith("/latest/", StringComparison.Ordinal))
            _base = new Uri(_base, $"../{edition}/");
    }

    /// <summary>Where an edition's archive is, whose newest edition may be another by now: the address or folder without <c>editions/NNNNNN/</c> at its end; where that is not there, as it is.</summary>
    public static string ArchiveOf(string address)
    {
        var parts = address.TrimEnd('/').Split('/');
        return parts is [.. var before, "editions", { Length: 6 } name] && name.All(char.IsAsciiDigit) ? string.Join('/', before) + "/" : address;
    }

    /// <summary>Reads a whole file of the edition.</summary>
    /// <param name="path">Relative to the edition's folder.</param>
    /// <param name="mostBytes">A longer one is refused.</param>
    /// <param name="stop">Ends it.</param>
    public async Task<byte[]> ReadAsync(string path, long mostBytes, CancellationToken stop)
    {
        using var buffer = new MemoryStream();
        await CopyAsync(path, 0, null, mostBytes, (bytes, _) =>
        {
            buffer.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }, stop).ConfigureAwait(false);
        return buffer.ToArray();
    }

    /// <summary>Path of a volume's file relative to the edition's folder.</summary>
    public static string VolumeFile(string volume, string file) => $"../../volumes/{volume}/{file}";

    /// <summary>
    /// Reads a file from an offset on and hands its bytes over in order. Goes on after a broken connection where it broke; gives up after five failures without a byte between them.
    /// </summary>
    /// <param name="path">Relative to the edition's folder.</param>
    /// <param name="offset">First byte wanted.</param>
    /// <param name="length">How many; null: to the end.</param>
    /// <param name="mostBytes">More than this is refused.</param>
    /// <param name="take">Takes bytes and their offset.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="LacquerException">It is not there, or does not answer.</exception>
    public async Task CopyAsync(string path, long offset, long? length, long mostBytes, Func<ReadOnlyMemory<byte>, long, ValueTask> take, CancellationToken stop)
    {
        var start = offset;
        var end = length is { } count ? offset + count : (long?)null;
        for (var failures = 0; ; failures++)
        {
            var before = offset;
            try
            {
                await using var stream = await OpenAsync(path, offset, end, stop).ConfigureAwait(false);
                var buffer = new byte[1 << 16];
                while (true)
                {
                    using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
                    patience.CancelAfter(Patience);
                    var want = end is { } last ? (int)Math.Min(buffer.Length, last - offset) : buffer.Length;
                    if (want == 0)
                        return;
                    var read = await stream.ReadAsync(buffer.AsMemory(0, want), patience.Token).ConfigureAwait(false);
                    if (read == 0)
                    {
                        if (end is null)
                            return;
                        throw new IOException($"it ended {end - offset} bytes early");
                    }

                    if (offset + read - start > mostBytes)
                        throw new LacquerException(Failure.Untrusted, $"{Shown(path)} is longer than {mostBytes} bytes", "its publisher says otherwise; fetch the edition again");
                    await take(buffer.AsMemory(0, read), offset).ConfigureAwait(false);
                    offset += read;
                }
            }
            catch (Exception e) when (!stop.IsCancellationRequested && !Durable.IsDiskFull(e) && e is HttpRequestException or IOException or OperationCanceledException && e is not (FileNotFoundException or DirectoryNotFoundException))
            {
                if (offset > before)
                    failures = 0;
                if (failures + 1 >= Attempts || _http is null)
                    throw new LacquerException(Failure.Missing, $"{Shown(path)} cannot be read: {e.Message}", "run the command again: it carries on", e);
                await Task.Delay(TimeSpan.FromMilliseconds(200 << failures), stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                throw new LacquerException(Failure.Missing, $"{Shown(path)} is not there", "the origin is not whole; try another mirror", e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http?.Dispose();

    private static async Task<Uri?> ResolveAsync(HttpClient http, Uri folder, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(folder, Manifest.FileName));
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
            // After redirects: editions/latest stands for a folder that keeps its name.
            return response.IsSuccessStatusCode ? new Uri(response.RequestMessage!.RequestUri!, ".") : null;
        }
        catch (HttpRequestException e)
        {
            throw new LacquerException(Failure.Missing, $"{folder.GetLeftPart(UriPartial.Authority)} does not answer: {e.Message}", "look whether it runs, and at the address", e);
        }
    }

    private async Task<Stream> OpenAsync(string path, long offset, long? end, CancellationToken stop)
    {
        var uri = new Uri(_base, path);
        if (_http is null)
        {
            var file = new FileStream(uri.LocalPath, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16);
            file.Position = offset;
            return file;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        if (offset > 0 || end is not null)
            request.Headers.Range = new RangeHeaderValue(offset, end - 1);
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Gone)
        {
            var status = (int)response.StatusCode;
            response.Dispose();
            throw new LacquerException(Failure.Missing, $"{uri} answers {status}", "the origin is not whole; try another mirror");
        }

        response.EnsureSuccessStatusCode();
        var stream = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.PartialContent && offset > 0)
        {
            // A server that knows no ranges sends the file from its start.
            var skip = new byte[1 << 16];
            for (var left = offset; left > 0;)
            {
                var read = await stream.ReadAsync(skip.AsMemory(0, (int)Math.Min(left, skip.Length)), stop).ConfigureAwait(false);
                if (read == 0)
                    throw new IOException("it ended before the range that was asked for");
                left -= read;
            }
        }

        return stream;
    }

    private string Shown(string path) => new Uri(_base, path) is var uri && uri.IsFile ? uri.LocalPath : uri.ToString();

    // Uri takes %41 in a plain path for an escape, and a folder may be called so.
    private static Uri FolderUri(string folder) => new("file://" + string.Join('/', folder.Split(Path.DirectorySeparatorChar).Select(Uri.EscapeDataString)) + "/");

    private static Uri WithSlash(Uri uri) => uri.AbsolutePath.EndsWith('/') ? uri : new Uri(uri.GetLeftPart(UriPartial.Path) + "/");
}

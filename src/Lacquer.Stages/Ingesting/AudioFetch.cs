using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>A file cannot be had now; the next run asks for it again.</summary>
internal sealed class MissingAudioException : Exception;

/// <summary>
/// Fetches files of audio from their sources into a folder of work in hand, checks them against what their records say, and enters what is found in them in the ledger. A source that cannot be opened, or that
/// fails several times in a row, is left alone for the rest of the run. A file that broke off stays as far as it came, and the next run goes on with it.
/// </summary>
internal sealed class AudioFetch(OpenArchive archive, string folder, Func<string, string?> variable, TimeProvider clock) : IDisposable
{
    private const string Prefix = "audio-";
    private const int MostInARow = 3;
    private readonly ConcurrentDictionary<string, Lazy<Task<OpenSource>>> _sources = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _unfinished = new(StringComparer.Ordinal);
    private readonly AudioProbe _probe = new();

    /// <summary>Whether a file in the work folder is one that a run began to fetch.</summary>
    public static bool IsFetched(string path) => Path.GetFileName(path).StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Files that could not be had, in a line for each source.</summary>
    public (long Files, List<Finding> Findings) Missing()
    {
        var shut = _sources.Where(s => s.Value is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }).Select(s => (s.Key, Source: s.Value.Value.Result)).Where(s => s.Source.Missing > 0).OrderBy(s => s.Key, StringComparer.Ordinal).ToList();
        return (shut.Sum(s => s.Source.Missing), shut.ConvertAll(s => new Finding("ingest", s.Key, "missing",
            string.Create(CultureInfo.InvariantCulture, $"{s.Source.Missing} of its files could not be fetched; the first because {s.Source.Why}: run lacquer ingest again"))));
    }

    /// <summary>Fetches a file, and gives its path; what is found in it stands in the ledger then.</summary>
    /// <exception cref="MissingAudioException">It cannot be had now.</exception>
    /// <exception cref="UnusableAudioException">It is not what its record says, or no audio that can be used.</exception>
    public async Task<string> FetchAsync(EntityId recording, AudioCandidate candidate, CancellationToken cancel)
    {
        var (name, file) = (candidate.Accession.Source, candidate.File);
        var source = await _sources.GetOrAdd(name, _ => new Lazy<Task<OpenSource>>(() => OpenAsync(name, cancel))).Value.ConfigureAwait(false);
        if (source.IsShut)
            throw source.Missed();
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}\n{file.Location}")).AsSpan(0, 8));
        var path = Path.Combine(folder, $"{Prefix}{recording}-{digest}");
        try
        {
            var expected = new ExpectedFile(file.LengthBytes, Said(file.Md5), Said(file.Sha1), Sha256Digest.TryParse(file.Sha256, out var sha256) ? sha256 : null);
            var got = await source.Access.Fetcher.DownloadAsync(source.RequestFor!(file), path, expected, cancel).ConfigureAwait(false);
            source.Succeeded();
            if (got.Outcome != FetchOutcome.Fetched)
                throw new UnusableAudioException("the source no longer has it");
            archive.Ledger.SetFetched(name, await _probe.DescribeAsync(file.Location, path, [], cancel).ConfigureAwait(false));
            return path;
        }
        catch (LacquerException e) when (e.Failure == Failure.Missing)
        {
            _unfinished.TryAdd(path, 0);
            throw source.Failed(e.Message);
        }
        catch (LacquerException e) when (e.Failure is Failure.Refused or Failure.Untrusted or Failure.Usage)
        {
            throw new UnusableAudioException(e.Message);
        }
        catch (Exception e) when (e is UnusableFileException or TimeoutException)
        {
            File.Delete(path);
            throw new UnusableAudioException(e.Message);
        }
    }

    /// <summary>Clears what this run and earlier ones fetched and nobody needs any more.</summary>
    public void Clear()
    {
        foreach (var path in Directory.EnumerateFiles(folder).Where(IsFetched).Where(p => !_unfinished.Keys.Any(u => p.StartsWith(u, StringComparison.Ordinal))).ToList())
            File.Delete(path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var source in _sources.Values)
            if (source is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
                source.Value.Result.Access.Dispose();
    }

    // The source as it was harvested last: it may have moved since the record was written.
    private async Task<OpenSource> OpenAsync(string name, CancellationToken cancel)
    {
        var row = archive.Ledger.Accessions().Last(a => a.Source == name);
        Adapter adapter;
        using (var reader = AccessionReader.Open(archive.Layout.Accession(row.Source, row.Number)))
            adapter = AdapterList.Of(row.Adapter)!.Reading(reader.Header.Settings);
        var source = new OpenSource(new SourceAccess(adapter, name, row.Location, archive, variable, clock));
        try
        {
            source.RequestFor = await adapter.OpenFilesAsync(source.Access, cancel).ConfigureAwait(false);
        }
        catch (LacquerException e) when (e.Failure is Failure.Missing or Failure.Refused or Failure.Untrusted or Failure.Usage)
        {
            source.Shut(e.Message);
        }

        return source;
    }

    private static string? Said(string digest) => digest.Length > 0 ? digest : null;

    /// <summary>A source in this run. Safe for several threads.</summary>
    private sealed class OpenSource(SourceAccess access)
    {
        private readonly Lock _lock = new();
        private int _inARow;

        public SourceAccess Access => access;

        public Func<SourceFile, FetchRequest>? RequestFor { get; set; }

        public bool IsShut { get; private set; }

        public string? Why { get; private set; }

        public long Missing { get; private set; }

        public void Shut(string why) => (IsShut, Why) = (true, why);

        public void Succeeded()
        {
            lock (_lock)
                _inARow = 0;
        }

        public MissingAudioException Failed(string why)
        {
            lock (_lock)
            {
                Why ??= why;
                IsShut |= ++_inARow == MostInARow;
            }

            return Missed();
        }

        public MissingAudioException Missed()
        {
            lock (_lock)
                Missing++;
            return new MissingAudioException();
        }
    }
}

using System.Text;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Workbench;

/// <summary>Checks OpenPGP signatures (RFC 9580) with <c>gpgv</c>, against one key and no other: neither a user's keyring nor a key server is asked.</summary>
public sealed class PgpSignatures : IDisposable
{
    private const int LongestKeyBytes = 1 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly string _gpgv = Toolbox.Require("gpgv", "gpgv");
    private readonly string _keyring = Path.GetTempFileName();
    private readonly string _keyFile;

    /// <summary>Takes a public key from a file, armored or not.</summary>
    /// <exception cref="LacquerException">There is none in it.</exception>
    public PgpSignatures(string keyFile)
    {
        _keyFile = keyFile;
        if (!File.Exists(keyFile))
            throw new LacquerException(Failure.Missing, $"no key at {keyFile}", "gpg --export NAME > key.gpg writes one");
        if (new FileInfo(keyFile).Length > LongestKeyBytes)
            throw new LacquerException(Failure.Usage, $"{keyFile} is longer than 1 MiB: it is no key", "gpg --export NAME > key.gpg writes one");
        var bytes = File.ReadAllBytes(keyFile);
        File.WriteAllBytes(_keyring, bytes is [>= 0x80, ..] ? bytes : Unarmored(bytes));
    }

    /// <summary>Holds a detached signature against a file.</summary>
    /// <exception cref="LacquerException">It is not the key's, or not of the file.</exception>
    public async Task VerifyAsync(string signature, string signed, CancellationToken stop)
    {
        var result = await Toolbox.RunAsync(_gpgv, ["--keyring", _keyring, signature, signed], Limit, stop).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new LacquerException(Failure.Untrusted, $"{signature} is not a signature of {Path.GetFileName(signed)} with the key in {_keyFile}", "fetch both again, or the right key");
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(_keyring);

    // RFC 9580 section 6.2: headers, an empty line, base 64, a checksum that gpgv does not need.
    private byte[] Unarmored(byte[] bytes)
    {
        var lines = Encoding.ASCII.GetString(bytes).Split('\n').Select(l => l.Trim()).SkipWhile(l => l != "-----BEGIN PGP PUBLIC KEY BLOCK-----").Skip(1).TakeWhile(l => !l.StartsWith('-')).ToList();
        var body = string.Concat(lines.SkipWhile(l => l.Length > 0).Where(l => l.Length > 0 && l[0] != '='));
        var key = new byte[body.Length];
        return body.Length > 0 && Convert.TryFromBase64String(body, key, out var length) ? key[..length]
            : throw new LacquerException(Failure.Usage, $"{_keyFile} holds no OpenPGP public key", "gpg --export NAME > key.gpg writes one");
    }
}

using System.Text;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

[Collection(ProofArchiveUsers.Name)]
public sealed class MinisignTests(ProofArchive proof)
{
    private MinisignPublicKey Key => MinisignPublicKey.Parse(File.ReadAllText(proof.Archive.Layout.PublicKey));

    [Fact]
    public void Minisign_accepts_the_manifest_and_refuses_it_after_any_one_byte_is_changed()
    {
        ProofArchive.Need("minisign");
        using var scratch = new Scratch();
        var copy = scratch[Manifest.FileName];
        var bytes = File.ReadAllBytes(Path.Combine(proof.Edition, Manifest.FileName));
        File.Copy(Path.Combine(proof.Edition, Manifest.SignatureFileName), scratch[Manifest.SignatureFileName]);
        File.WriteAllBytes(copy, bytes);
        var (exit, output) = Tools.Run("minisign", "-V", "-P", Key.Text, "-m", copy);
        Assert.True(exit == 0, output);
        Assert.Contains("Trusted comment: test edition 000001", output, StringComparison.Ordinal);
        // The edition's own copy of the key will do as well, as will -H, which insists on the prehashed kind.
        Assert.Equal(0, Tools.Run("minisign", "-V", "-H", "-p", Path.Combine(proof.Edition, "signing.pub"), "-m", copy).ExitCode);

        foreach (var place in new[] { 0, bytes.Length / 2, bytes.Length - 1 })
        {
            var changed = (byte[])bytes.Clone();
            changed[place] ^= 1;
            File.WriteAllBytes(copy, changed);
            Assert.NotEqual(0, Tools.Run("minisign", "-V", "-P", Key.Text, "-m", copy).ExitCode);
        }

        File.WriteAllBytes(copy, bytes);
        File.WriteAllText(scratch[Manifest.SignatureFileName], File.ReadAllText(scratch[Manifest.SignatureFileName]).Replace("edition 000001", "edition 000002", StringComparison.Ordinal));
        Assert.NotEqual(0, Tools.Run("minisign", "-V", "-P", Key.Text, "-m", copy).ExitCode);
    }

    [Fact]
    public void Minisign_signs_with_our_key_and_we_accept_that()
    {
        ProofArchive.Need("minisign");
        using var scratch = new Scratch();
        var (file, signature) = (scratch["statement.txt"], scratch["statement.txt.minisig"]);
        File.WriteAllText(file, "We withdraw nothing.\n");
        var (exit, output) = Tools.Run("minisign", "-S", "-s", proof.Archive.Layout.SigningKey, "-m", file, "-t", "naïve, by hand");
        Assert.True(exit == 0, output);
        using (var content = File.OpenRead(file))
            Assert.Equal("naïve, by hand", Minisign.Verify(Key, content, File.ReadAllText(signature), "it"));
        using var other = new MemoryStream("We withdraw everything.\n"u8.ToArray());
        Assert.Equal(Failure.Untrusted, Assert.Throws<LacquerException>(() => Minisign.Verify(Key, other, File.ReadAllText(signature), "it")).Failure);
    }

    [Fact]
    public void We_sign_with_a_key_that_minisign_made_and_minisign_accepts_that()
    {
        ProofArchive.Need("minisign");
        using var scratch = new Scratch();
        var (exit, output) = Tools.Run("minisign", "-G", "-W", "-s", scratch["their.key"], "-p", scratch["their.pub"]);
        Assert.True(exit == 0, output);
        using var key = MinisignKey.Read(scratch["their.key"]);
        Assert.Equal(MinisignPublicKey.Parse(File.ReadAllText(scratch["their.pub"])), key.PublicKey);
        var content = Encoding.UTF8.GetBytes(new string('x', 200_000));
        File.WriteAllBytes(scratch["file"], content);
        using var stream = new MemoryStream(content);
        File.WriteAllText(scratch["file.minisig"], key.Sign(stream, "ours"));
        (exit, output) = Tools.Run("minisign", "-V", "-p", scratch["their.pub"], "-m", scratch["file"]);
        Assert.True(exit == 0, output);
    }
}
